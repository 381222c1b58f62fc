import type { Disk, DiskFile } from "../disk/disk.ts";

/**
 * Durably the new file, or as if nothing had been done: it is written under another name, synced, and renamed.
 *
 * @param path in a directory that exists; a file that has the name already is replaced, all at once
 */
export async function replaceFile(
  disk: Disk,
  path: string,
  write: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const slash = path.lastIndexOf("/");
  const directory = path.slice(0, slash);
  const unfinished = `${path}.tmp`;
  // Left by a process that was killed.
  if ((await disk.list(directory)).includes(unfinished.slice(slash + 1))) await disk.remove(unfinished);
  const file = await disk.createFile(unfinished);
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(unfinished, path);
  } catch (error) {
    // The error above says more than one of tidying up; the next attempt tidies up, too.
    await disk.remove(unfinished).catch(() => {});
    throw error;
  }
  await disk.syncDirectory(directory);
}
