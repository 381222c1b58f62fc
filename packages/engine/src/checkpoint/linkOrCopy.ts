import type { Disk } from "../disk/disk.ts";

const windowBytes = 4 * 1024 * 1024;

/** What file systems without hard links say, or those with as many as they take, or another than that of the file. */
const cannotLinkCodes: readonly (string | undefined)[] = [
  "EXDEV",
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
];

/**
 * A second name for a file that nobody changes any more, or a copy where the file system has no such thing; the contents
 * are durable when it resolves, the name after `syncDirectory`.
 */
export async function linkOrCopy(disk: Disk, from: string, to: string): Promise<void> {
  try {
    await disk.link(from, to);
  } catch (error) {
    if (!cannotLinkCodes.includes((error as NodeJS.ErrnoException).code)) throw error;
    await copyFile(disk, from, to);
  }
}

async function copyFile(disk: Disk, from: string, to: string): Promise<void> {
  const source = await disk.openFile(from);
  try {
    const target = await disk.createFile(to);
    try {
      const bytes = await source.size();
      const window = new Uint8Array(Math.min(windowBytes, bytes));
      for (let position = 0; position < bytes; position += window.length) {
        const part = window.subarray(0, Math.min(window.length, bytes - position));
        await source.read(part, position);
        await target.write([part], position);
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
