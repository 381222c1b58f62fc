import { readWhole } from "../checkpoint/readWhole.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import { decodeSnapshotManifest, type SnapshotManifest } from "./snapshotManifest.ts";

export const snapshotManifestFile = "MANIFEST.json";

export interface SnapshotDirectory {
  readonly disk: Disk;
  readonly directory: string;
}

/** @throws DamagedFileError where it is not what was written, or of a newer format, or a file of it is missing */
export async function readSnapshotManifest({
  disk,
  directory,
}: SnapshotDirectory): Promise<SnapshotManifest> {
  const entries = await disk.list(directory);
  if (!entries.includes(snapshotManifestFile)) throw new DamagedFileError(snapshotManifestFile, "is missing");
  const bytes = await readWhole(disk, `${directory}/${snapshotManifestFile}`, snapshotManifestFile);
  const reading = decodeSnapshotManifest(bytes);
  switch (reading.kind) {
    case "damaged":
      throw new DamagedFileError(snapshotManifestFile, "does not match its checksum");
    case "newer": {
      const reason = `written in snapshot format ${reading.version} by a newer AkiDB`;
      throw new DamagedFileError(snapshotManifestFile, reason);
    }
    case "valid":
      return reading.manifest;
  }
}
