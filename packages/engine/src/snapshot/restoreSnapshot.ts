import {
  type Clock,
  type CollectionId,
  failedPrecondition,
  type IdGenerator,
  idFromBytes,
  type TextLanguage,
} from "@akidb/base";
import { type FoundColumns, openDocumentFile as openParquetFile, ParquetFileError } from "@akidb/parquet";
import type { DocumentWriter } from "../adapters/sqlite/documentWriter.ts";
import { openDocumentFile } from "../adapters/sqlite/openDocumentFile.ts";
import { adoptCheckpoint } from "../checkpoint/adoptCheckpoint.ts";
import { parseCheckpointDirectoryName } from "../checkpoint/checkpointName.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import type { DocumentFile } from "../documents/documentFile.ts";
import { continueWal, createWal } from "../wal/openWal.ts";
import { checkSnapshotFiles } from "./checkSnapshotFiles.ts";
import { snapshotDocumentsFile } from "./documentsFile.ts";
import type { CollectionShape, SnapshotManifest } from "./snapshotManifest.ts";

export interface SnapshotRestore {
  readonly disk: Disk;
  /** The snapshot. */
  readonly from: string;
  readonly manifest: SnapshotManifest;
  /** Of the collection to be; there is nothing yet. */
  readonly directory: string;
  readonly collectionId: CollectionId;
  /** What the collection is made for. */
  readonly expected: CollectionShape;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Of the full text; where it is not that of the collection, opening that makes the full text again. `none` if absent. */
  readonly textLanguage?: TextLanguage;
  /** Its thread writes the documents; the calling one if absent. */
  readonly documentWriter?: DocumentWriter;
  /**
   * Puts what the log had behind the snapshot into a directory that exists; absent: nothing. The collection is then what
   * it was at the last of these records.
   *
   * @returns the LSN of that record, or the snapshot's
   */
  readonly restoreLog?: (directory: string) => Promise<number>;
}

/**
 * Makes the files of a collection that is what the snapshot was: the index by links to the snapshot's files, the documents
 * from its Parquet file, and a log that goes on behind it. Durable when it resolves; what an error leaves is to be
 * removed.
 *
 * @throws AkiDbError `failed_precondition` where the snapshot is of another shape or damaged
 */
export async function restoreSnapshot(restore: SnapshotRestore): Promise<void> {
  const { disk, from, manifest, directory } = restore;
  checkShape(manifest.shape, restore.expected);
  await disk.makeDirectory(directory);
  try {
    // Together: what makes the files believes nothing, and they go where the check fails, which is what callers are told.
    const checking = checkSnapshotFiles({ disk, directory: from, manifest });
    const results = await Promise.allSettled([checking, makeFiles(restore)]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  } catch (error) {
    if (error instanceof DamagedFileError || error instanceof ParquetFileError) {
      throw failedPrecondition(`snapshot ${manifest.snapshotId} is damaged (${error.message})`);
    }
    throw error;
  }
  await restoreLog(restore);
  await disk.syncDirectory(directory);
}

async function makeFiles(restore: SnapshotRestore): Promise<void> {
  const { disk, from, directory, collectionId } = restore;
  const name = await checkpointOf(restore);
  const to = `${directory}/checkpoint`;
  await adoptCheckpoint({ disk, from: `${from}/checkpoint/${name}`, name, to, collectionId });
  await restoreDocuments(restore);
}

async function restoreLog(restore: SnapshotRestore): Promise<void> {
  const { disk, collectionId, clock, ids, manifest } = restore;
  const creation = { disk, directory: `${restore.directory}/wal`, collectionId, clock, ids };
  if (restore.restoreLog === undefined) return await createWal({ ...creation, firstLsn: manifest.lsn + 1 });
  await disk.makeDirectory(creation.directory);
  const lastLsn = await restore.restoreLog(creation.directory);
  await continueWal(creation, lastLsn + 1);
}

async function checkpointOf({ disk, from }: SnapshotRestore): Promise<string> {
  const names = (await disk.list(`${from}/checkpoint`)).filter(
    (name) => parseCheckpointDirectoryName(name) !== undefined,
  );
  if (names.length !== 1) throw new DamagedFileError("checkpoint", `has ${names.length} entries, not one`);
  return names[0]!;
}

function checkShape(found: CollectionShape, wanted: CollectionShape): void {
  for (const name of Object.keys(wanted) as (keyof CollectionShape)[]) {
    if (found[name] === wanted[name]) continue;
    throw failedPrecondition(
      `the snapshot is of a collection with ${name} ${found[name]}, and this one has ${wanted[name]}`,
    );
  }
}

async function restoreDocuments(restore: SnapshotRestore): Promise<void> {
  const { disk, from, manifest, directory, textLanguage, documentWriter } = restore;
  const language = textLanguage !== undefined && { textLanguage };
  const { file: local } = await openDocumentFile({ disk, directory, ...language });
  const documents = documentWriter?.writing(local) ?? local;
  try {
    const file = await disk.openFile(`${from}/${snapshotDocumentsFile}`);
    try {
      await copyDocuments(file, documents, manifest);
    } finally {
      await file.close();
    }
    if (documents.count !== manifest.documentCount) {
      throw new DamagedFileError(
        snapshotDocumentsFile,
        `holds ${documents.count} documents, not ${manifest.documentCount}`,
      );
    }
    await documents.sync();
  } finally {
    await documents.close();
  }
}

async function copyDocuments(
  file: DiskFile,
  documents: DocumentFile,
  { lsn, shape }: SnapshotManifest,
): Promise<void> {
  const source = {
    byteLength: await file.size(),
    read: async (offset: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, await file.read(bytes, offset));
    },
  };
  const { dimension } = shape;
  const parquet = await openParquetFile({ source, name: snapshotDocumentsFile, dimension });
  let writing = Promise.resolve();
  try {
    // The index has the vectors from its checkpoint. The next documents are read while those before are written.
    for await (const columns of parquet.batches({ withoutVectors: true })) {
      const batch = new Map(documentsOf(columns).map((document) => [document.id, document]));
      await writing;
      writing = documents.write(batch, lsn);
    }
    if (parquet.rowCount === 0) writing = documents.write(new Map(), lsn);
  } finally {
    // A file is not closed while it is written.
    await Promise.allSettled([writing]);
  }
  await writing;
}

/** @throws DamagedFileError where the file lacks a column that every snapshot has; those of version 1 have no expiry */
function documentsOf(columns: FoundColumns): readonly ResolvedDocument[] {
  const { ids, externalIds, texts, metadata, insertedAtMs, updatedAtMs, versions, expiresAtMs } = columns;
  if (ids === null || insertedAtMs === null || updatedAtMs === null || versions === null) {
    throw new DamagedFileError(snapshotDocumentsFile, "lacks a column");
  }
  return Array.from({ length: columns.rowCount }, (_, row) => ({
    id: idFromBytes<"document">(ids.subarray(16 * row, 16 * row + 16)),
    externalId: externalIds?.[row] ?? undefined,
    text: texts?.[row] ?? undefined,
    metadata: metadata?.[row] ?? undefined,
    insertedAtMs: insertedAtMs[row]!,
    updatedAtMs: updatedAtMs[row]!,
    version: versions[row]!,
    expiresAtMs: expiresAtMs === null || Number.isNaN(expiresAtMs[row]!) ? undefined : expiresAtMs[row]!,
  }));
}
