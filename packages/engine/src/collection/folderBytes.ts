import type { Disk } from "../disk/disk.ts";
import { fileBytes } from "./fileBytes.ts";

/** Of the files in it, but not in folders of it; what cannot be looked at counts nothing. */
export async function folderBytes(disk: Disk, directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await disk.list(directory)) {
    bytes += await fileBytes(disk, `${directory}/${name}`).catch(() => 0);
  }
  return bytes;
}
