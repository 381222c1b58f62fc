import { crc32c } from "@node-rs/crc32";
import type { FileContents } from "../checkpoint/fileContents.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import type { SnapshotManifest } from "./snapshotManifest.ts";

const windowBytes = 4 * 1024 * 1024;

export interface SnapshotCheck {
  readonly disk: Disk;
  readonly directory: string;
  readonly manifest: SnapshotManifest;
}

/**
 * Reads every file of a snapshot, in constant memory.
 *
 * @throws DamagedFileError that names the first file that is missing or not what was written
 */
export async function checkSnapshotFiles({ disk, directory, manifest }: SnapshotCheck): Promise<void> {
  for (const { name, bytes, checksum } of manifest.files) {
    const found = await contentsOf(disk, `${directory}/${name}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw new DamagedFileError(name, "is missing");
      if (error.code === "EIO") throw new DamagedFileError(name, "cannot be read: EIO");
      throw error;
    });
    if (found.bytes !== bytes) throw new DamagedFileError(name, `is ${found.bytes} bytes long, not ${bytes}`);
    if (found.checksum !== checksum) throw new DamagedFileError(name, "does not match its checksum");
  }
}

async function contentsOf(disk: Disk, path: string): Promise<FileContents> {
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
    }
    return { bytes, checksum };
  } finally {
    await file.close();
  }
}
