import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";

/** Beyond any manifest: a thousand segments take 150 KB. */
const bytesMax = 16 * 1024 * 1024;

/**
 * A small file.
 *
 * @param displayName how it is called in messages
 */
export async function readWhole(disk: Disk, path: string, displayName: string): Promise<Uint8Array> {
  const file = await disk.openFile(path);
  try {
    const size = await file.size();
    if (size > bytesMax) throw new DamagedFileError(displayName, `is ${size} bytes long`);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}
