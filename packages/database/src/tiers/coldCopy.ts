import type { SnapshotId } from "@akidb/base";
import { type Disk, decodeSealedJson, encodeSealedJson, type SnapshotManifest } from "@akidb/engine";

/**
 * What a collection's directory says of its copy in the object store: whatever else of the collection is there is no more
 * than that, and may go once the catalog says that the collection is cold.
 */
export interface ColdCopy {
  readonly snapshotId: SnapshotId;
  /** In the object store. */
  readonly bytes: number;
}

export const snapshotBytes = ({ files }: SnapshotManifest): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Of what is loaded into memory. */
export const checkpointBytes = ({ files }: SnapshotManifest): number =>
  files.reduce((sum, { name, bytes }) => (name.startsWith("checkpoint/") ? sum + bytes : sum), 0);

const formatVersion = 1;
export const coldCopyFile = "COLD.json";

/** Of what is written; another file is none of these. */
const bytesMax = 4_096;

interface ColdCopyFields {
  readonly format_version: number;
  readonly snapshot_id: SnapshotId;
  readonly bytes: number;
}

/** @returns undefined where there is none, or none that is whole and of this version */
export async function readColdCopy(disk: Disk, directory: string): Promise<ColdCopy | undefined> {
  if (!(await disk.list(directory)).includes(coldCopyFile)) return undefined;
  const file = await disk.openFile(`${directory}/${coldCopyFile}`);
  try {
    const bytes = new Uint8Array(Math.min(bytesMax, await file.size()));
    await file.read(bytes, 0);
    const fields = decodeSealedJson(bytes) as ColdCopyFields | undefined;
    if (fields?.format_version !== formatVersion) return undefined;
    return { snapshotId: fields.snapshot_id, bytes: fields.bytes };
  } finally {
    await file.close();
  }
}

/** In place of another one; durable when it resolves. */
export async function writeColdCopy(
  disk: Disk,
  directory: string,
  { snapshotId, bytes }: ColdCopy,
): Promise<void> {
  await removeColdCopy(disk, directory);
  const fields: ColdCopyFields = { format_version: formatVersion, snapshot_id: snapshotId, bytes };
  const file = await disk.createFile(`${directory}/${coldCopyFile}`);
  try {
    await file.write([encodeSealedJson(fields)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.syncDirectory(directory);
}

/** Before anything is written that is not in the copy; durable when it resolves. */
export async function removeColdCopy(disk: Disk, directory: string): Promise<void> {
  try {
    await disk.remove(`${directory}/${coldCopyFile}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await disk.syncDirectory(directory);
}
