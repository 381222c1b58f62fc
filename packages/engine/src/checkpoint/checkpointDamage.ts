import { DamagedFileError } from "../damagedFileError.ts";

/** The operating system's words for a file that is gone, or that the device cannot read back. */
const damageCodes: readonly (string | undefined)[] = ["ENOENT", "EIO"];

/**
 * @param name how the checkpoint's directory is called in messages
 * @returns undefined where the error says nothing about what is on the disk: there is no memory, say
 */
export function checkpointDamage(error: unknown, name: string): DamagedFileError | undefined {
  if (error instanceof DamagedFileError) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  if (!damageCodes.includes(code)) return undefined;
  const file = path?.slice(path.lastIndexOf("/") + 1);
  return new DamagedFileError(
    file === undefined ? name : `${name}/${file}`,
    code === "ENOENT" ? "is missing" : `cannot be read: ${code}`,
  );
}
