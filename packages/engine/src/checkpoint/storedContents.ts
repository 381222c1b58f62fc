import { crc32c } from "@node-rs/crc32";
import type { Disk } from "../disk/disk.ts";
import type { FileContents } from "./fileContents.ts";

const windowBytes = 4 * 1024 * 1024;

/**
 * What a file holds, in constant memory.
 *
 * @param onRead told of bytes as they are read
 */
export async function storedContents(
  disk: Disk,
  path: string,
  onRead: (bytes: number) => void = () => {},
): Promise<FileContents> {
  const file = await disk.openFile(path);
  try {
    const bytes = await file.size();
    const window = new Uint8Array(Math.min(windowBytes, bytes));
    let checksum = 0;
    for (let position = 0; position < bytes; ) {
      const read = await file.read(window.subarray(0, Math.min(window.length, bytes - position)), position);
      if (read === 0) break;
      checksum = crc32c(window.subarray(0, read), checksum);
      position += read;
      onRead(read);
    }
    return { bytes, checksum };
  } finally {
    await file.close();
  }
}
