import type { Disk } from "../disk/disk.ts";

export async function fileBytes(disk: Disk, path: string): Promise<number> {
  const file = await disk.openFile(path);
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
