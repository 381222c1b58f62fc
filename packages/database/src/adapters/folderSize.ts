import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Of all files below a folder, each once, whatever links there are to it; 0 where it is not there. */
export async function folderSize(path: string): Promise<number> {
  return await sizeOf(path, new Set());
}

async function sizeOf(folder: string, seen: Set<number>): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(emptyIfGone);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path, seen);
    if (!entry.isFile()) continue;
    const file = await lstat(path).catch(undefinedIfGone);
    if (file === undefined || seen.has(file.ino)) continue;
    if (file.nlink > 1) seen.add(file.ino);
    bytes += file.size;
  }
  return bytes;
}

function emptyIfGone(error: NodeJS.ErrnoException): [] {
  if (error.code === "ENOENT") return [];
  throw error;
}

function undefinedIfGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
