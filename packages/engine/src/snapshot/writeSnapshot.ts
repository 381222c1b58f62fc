import {
  type Clock,
  type CollectionId,
  formatTimestamp,
  type SnapshotId,
  type SnapshotOrigin,
} from "@akidb/base";
import type { Compression } from "@akidb/parquet";
import { type AdoptedFile, adoptCheckpoint } from "../checkpoint/adoptCheckpoint.ts";
import { checkpointDirectoryName } from "../checkpoint/checkpointName.ts";
import type { Checkpoints } from "../checkpoint/checkpoints.ts";
import { replaceFile } from "../checkpoint/replaceFile.ts";
import type { AppliedState, PinnedDocuments } from "../collection/appliedState.ts";
import type { Checkpointer } from "../collection/checkpointer.ts";
import type { Disk } from "../disk/disk.ts";
import { snapshotDocumentsFile, writeDocumentsFile } from "./documentsFile.ts";
import { snapshotManifestFile } from "./readSnapshotManifest.ts";
import {
  type CollectionShape,
  encodeSnapshotManifest,
  type SnapshotFile,
  type SnapshotManifest,
} from "./snapshotManifest.ts";

export interface SnapshotWrite {
  /** Where to; there is nothing yet. */
  readonly directory: string;
  readonly snapshotId: SnapshotId;
  readonly origin: SnapshotOrigin;
  readonly compression: Compression;
  /** It goes when it has been copied: growth is not counted from it. False if absent. */
  readonly isPassing?: boolean;
  /** Told the share of the documents that is written, 0..1. */
  readonly onProgress?: (progress: number) => void;
}

export interface SnapshotSource {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly collectionId: CollectionId;
  readonly shape: CollectionShape;
  readonly checkpoints: Checkpoints;
  readonly checkpointer: Checkpointer;
  readonly signal: AbortSignal;
}

/** A collection at the moment of its checkpoint. */
interface Moment extends Disposable {
  readonly createdAtMs: number;
  readonly lsn: number;
  readonly state: AppliedState;
  readonly documents: PinnedDocuments;
  /** Of the documents alive. */
  readonly rows: Uint32Array;
}

/**
 * Writes a snapshot of a collection while writes to it go on: a checkpoint, links to its files, and the documents of the
 * same moment as Parquet. Durable when it resolves, but for the directory's own name; what an error leaves is to be
 * removed.
 *
 * @throws the disk's own error, the signal's reason, AkiDbError where a document cannot be read
 */
export async function writeSnapshot(source: SnapshotSource, write: SnapshotWrite): Promise<SnapshotManifest> {
  const { disk } = source;
  const { directory } = write;
  await disk.makeDirectory(directory);
  const { moment, checkpointFiles } = await captureMoment(source, directory);
  using captured = moment;
  const documents = await writeDocuments(source, write, captured);
  const manifest: SnapshotManifest = {
    snapshotId: write.snapshotId,
    collectionId: source.collectionId,
    origin: write.origin,
    createdAtMs: captured.createdAtMs,
    lsn: captured.lsn,
    shape: source.shape,
    documentCount: captured.rows.length,
    files: [documents, ...checkpointFiles],
  };
  const bytes = encodeSnapshotManifest(manifest);
  await replaceFile(disk, `${directory}/${snapshotManifestFile}`, (file) => file.write([bytes], 0));
  return manifest;
}

async function captureMoment(
  { disk, clock, collectionId, checkpoints, checkpointer }: SnapshotSource,
  directory: string,
): Promise<{ readonly moment: Moment; readonly checkpointFiles: readonly SnapshotFile[] }> {
  let moment: Moment | undefined;
  let files: readonly AdoptedFile[] = [];
  let name = "";
  try {
    await checkpointer.write({
      onMoment: (state) => {
        moment = momentOf(state, clock.nowMs());
      },
      onWritten: async (checkpoint) => {
        name = checkpointDirectoryName(checkpoint);
        const from = checkpoints.path(checkpoint);
        files = await adoptCheckpoint({ disk, from, name, to: `${directory}/checkpoint`, collectionId });
      },
    });
  } catch (error) {
    moment?.[Symbol.dispose]();
    throw error;
  }
  const checkpointFiles = files.map((file) => ({ ...file, name: `checkpoint/${name}/${file.name}` }));
  return { moment: moment!, checkpointFiles };
}

function momentOf(state: AppliedState, createdAtMs: number): Moment {
  const documents = state.pin();
  const rows = new Uint32Array(state.count);
  let count = 0;
  for (let row = 0; row < state.rows.rowCount; row++) if (!state.index.isDead(row)) rows[count++] = row;
  return {
    createdAtMs,
    lsn: state.appliedLsn,
    state,
    documents,
    rows: rows.subarray(0, count),
    [Symbol.dispose]: () => documents[Symbol.dispose](),
  };
}

async function writeDocuments(
  { disk, shape, collectionId, signal }: SnapshotSource,
  { directory, snapshotId, compression, onProgress = () => {} }: SnapshotWrite,
  { rows, documents, state, lsn, createdAtMs }: Moment,
): Promise<SnapshotFile> {
  const contents = await writeDocumentsFile({
    disk,
    path: `${directory}/${snapshotDocumentsFile}`,
    dimension: shape.dimension,
    compression,
    rows,
    documentsAt: (some) => documents.atRows(some),
    readVector: (row, target) => void state.index.vectorOf(row, target),
    keyValues: {
      "akidb.snapshot_id": snapshotId,
      "akidb.collection_id": collectionId,
      "akidb.lsn": String(lsn),
      "akidb.created_at": formatTimestamp(createdAtMs),
      "akidb.metric": shape.metric,
    },
    signal,
    onProgress: (count) => onProgress(rows.length === 0 ? 1 : count / rows.length),
  });
  return { ...contents, name: snapshotDocumentsFile };
}
