import { storedContents } from "../checkpoint/storedContents.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import type { SnapshotManifest } from "./snapshotManifest.ts";

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
    const found = await storedContents(disk, `${directory}/${name}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw new DamagedFileError(name, "is missing");
      if (error.code === "EIO") throw new DamagedFileError(name, "cannot be read: EIO");
      throw error;
    });
    if (found.bytes !== bytes) throw new DamagedFileError(name, `is ${found.bytes} bytes long, not ${bytes}`);
    if (found.checksum !== checksum) throw new DamagedFileError(name, "does not match its checksum");
  }
}
