import {
  type Clock,
  type CollectionId,
  formatTimestamp,
  type SnapshotId,
  type SnapshotOrigin,
} from "@akidb/base";
import type { Compression } from "@akidb/parquet";
import { adoptCheckpoint } from "../checkpoint/adoptCheckpoint.ts";
import { checkpointDirectoryName } from "../checkpoint/checkpointName.ts";
import type { Checkpoints } from "../checkpoint/checkpoints.ts";
import { replaceFile } from "../checkpoint/replaceFile.ts";
import type { AppliedState } from "../collection/appliedState.ts";
import type { Checkpointer } from "../collection/checkpointer.ts";
import type { PinnedDocuments } from "../collection/rowDocuments.ts";
import type { Disk } from "../disk/disk.ts";
import type { TimedStage } from "../query/queryTrace.ts";
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
  /** Of the collection; 0 if absent. */
  readonly generation?: number;
  readonly origin: SnapshotOrigin;
  readonly compression: Compression;
  /** It goes when it has been copied: growth is not counted from it. False if absent. */
  readonly isPassing?: boolean;
  /** Told the share of the documents that is written, 0..1. */
  readonly onProgress?: (progress: number) => void;
  /** Told what has been done, and when, by the monotonic clock. */
  readonly onStage?: (stage: TimedStage) => void;
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
 * Writes a snapshot of a collection while writes to it go on: a checkpoint, links to its files, and meanwhile the documents
 * of the same moment as Parquet. Durable when it resolves, but for the directory's own name; what an error leaves is to be
 * removed.
 *
 * @throws the disk's own error, the signal's reason, AkiDbError where a document cannot be read
 */
export async function writeSnapshot(source: SnapshotSource, write: SnapshotWrite): Promise<SnapshotManifest> {
  const { disk, clock } = source;
  const { directory, onStage } = write;
  await disk.makeDirectory(directory);
  const stop = new AbortController();
  const signal = AbortSignal.any([source.signal, stop.signal]);
  let writing: DocumentsWriting | undefined;
  try {
    const onMoment = (state: AppliedState): void => {
      const moment = momentOf(state, clock.nowMs());
      const documents = staged("Parquet", () => writeDocuments({ ...source, signal }, write, moment));
      writing = { moment, documents };
      // Who waits for it is told.
      writing.documents.catch(() => {});
    };
    const checkpointFiles = await staged("checkpoint", () => writeCheckpoint(source, directory, onMoment));
    const { moment, documents } = writing!;
    const files = [await documents, ...checkpointFiles];
    return await writeManifest(source, write, { moment, files });
  } finally {
    // What is left is to be removed: nothing may write there any more.
    stop.abort();
    await writing?.documents.catch(() => {});
    writing?.moment[Symbol.dispose]();
  }

  async function staged<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startMs = clock.monotonicMs();
    const done = await work();
    onStage?.({ name, startMs, durationMs: clock.monotonicMs() - startMs });
    return done;
  }
}

/** What goes on while the checkpoint is written. */
interface DocumentsWriting {
  readonly moment: Moment;
  readonly documents: Promise<SnapshotFile>;
}

async function writeManifest(
  { disk, collectionId, shape }: SnapshotSource,
  { snapshotId, generation = 0, origin, directory }: SnapshotWrite,
  { moment, files }: { readonly moment: Moment; readonly files: readonly SnapshotFile[] },
): Promise<SnapshotManifest> {
  const { createdAtMs, lsn, rows } = moment;
  const manifest: SnapshotManifest = {
    snapshotId,
    collectionId,
    generation,
    origin,
    createdAtMs,
    lsn,
    shape,
    documentCount: rows.length,
    files,
  };
  const bytes = encodeSnapshotManifest(manifest);
  await replaceFile(disk, `${directory}/${snapshotManifestFile}`, (file) => file.write([bytes], 0));
  return manifest;
}

/** @returns its files, as the snapshot has them */
async function writeCheckpoint(
  { disk, collectionId, checkpoints, checkpointer }: SnapshotSource,
  directory: string,
  onMoment: (state: AppliedState) => void,
): Promise<readonly SnapshotFile[]> {
  let files: readonly SnapshotFile[] = [];
  await checkpointer.write({
    onMoment,
    onWritten: async (checkpoint) => {
      const name = checkpointDirectoryName(checkpoint);
      const from = checkpoints.path(checkpoint);
      const to = `${directory}/checkpoint`;
      const adopted = await adoptCheckpoint({ disk, from, name, to, collectionId });
      files = adopted.map((file) => ({ ...file, name: `checkpoint/${name}/${file.name}` }));
    },
  });
  return files;
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
