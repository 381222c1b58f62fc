import {
  type AkiDb,
  AkiDbError,
  assert,
  type Chunking,
  type CreateCollectionInput,
  type DocumentInput,
  documentCharacters,
  failedPrecondition,
  isAkiDbError,
} from "@akidb/base";
import type { Cli } from "../cli.ts";
import { csvValue } from "./csvValue.ts";
import { checkSame, ensureCollection, findCollection } from "./ensureCollection.ts";
import { checkColumns, type FieldMapping, type MetadataValue, mapRow } from "./fieldMapping.ts";
import type { FileFormat } from "./fileFormat.ts";
import { startImportProgress } from "./importProgress.ts";
import { openRows } from "./openRows.ts";
import { createRejects } from "./rejects.ts";
import { openResumption, resumePathOf } from "./resumption.ts";
import { type Fields, fieldsToJson } from "./row.ts";
import { createUpsertPipeline, type SourcedDocument } from "./upsertPipeline.ts";

export interface ImportRequest {
  readonly path: string;
  readonly format: FileFormat;
  /** Made where there is none; its dimension, if not given, is that of the first vector, else the model's. */
  readonly collection: CreateCollectionInput;
  readonly mapping: FieldMapping;
  /** Of texts that come without a vector; undefined: they stay whole. */
  readonly chunking: Chunking | undefined;
  /** Leave numbers and booleans of CSV as text. */
  readonly keepStrings: boolean;
  readonly delimiter: string;
  readonly batchDocuments: number;
  readonly rejectsPath: string;
  /** Whether it keeps how far it is, and goes on where an earlier one has ended. */
  readonly isResumable: boolean;
}

export interface ImportSummary {
  readonly file: string;
  readonly collection: string;
  readonly readCount: number;
  readonly importedCount: number;
  readonly rejectedCount: number;
  /** Undefined where nothing was rejected. */
  readonly rejectsPath: string | undefined;
  readonly durationMs: number;
}

/** Batches on their way at once: while one is written, the next is embedded and another parsed. */
const batchesInFlightMax = 3;

/** A batch is sent early when it has grown to this: in UTF-8 still well below the limit of a request's body. */
const batchCharactersMax = 8 * 1024 * 1024;

interface Source {
  readonly line: number;
  readonly fields: Fields;
}

/**
 * @throws AkiDbError where the file as a whole cannot be imported; what was imported until then stays, which the
 *   message says
 */
export async function importFile(cli: Cli, db: AkiDb, request: ImportRequest): Promise<ImportSummary> {
  const { path, format, mapping } = request;
  const resumption = request.isResumable ? await openResumption(cli, request) : undefined;
  const resumed = resumption?.point;
  let bytesRead = 0;
  const input = await openRows(cli, {
    ...request,
    onBytesRead: (bytes) => {
      bytesRead = bytes;
      showProgress();
    },
  });
  const startMs = cli.clock.monotonicMs();
  const rejects = createRejects(cli.files, request.rejectsPath, {
    count: resumed?.rejected ?? 0,
    bytes: resumed?.rejectsBytes ?? 0,
  });
  const progress = startImportProgress({
    terminal: cli.terminal,
    clock: cli.clock,
    title: request.collection.name,
    totalBytes: input.sizeBytes,
  });
  let readCount = 0;
  let importedCount = resumed?.imported ?? 0;
  const showProgress = (): void =>
    progress.update({ bytesRead, importedCount, rejectedCount: rejects.count });
  const pipeline = createUpsertPipeline<Source>({
    collection: db.collection(request.collection.name),
    inFlightMax: batchesInFlightMax,
    onWritten: (count) => {
      importedCount += count;
      showProgress();
    },
    onRefused: ({ line, fields }, error) => rejects.add({ line, error, row: fieldsToJson(fields) }),
  });
  const metadataValue = metadataValueOf(request);

  try {
    const existing = await findCollection(db, request.collection.name);
    if (existing !== undefined) checkSame(existing, request.collection);
    let collectionId = existing?.id;
    if (resumed !== undefined && resumed.collectionId !== collectionId) {
      throw failedPrecondition(
        `collection ${JSON.stringify(request.collection.name)} is not the one that the import began with; remove ${resumePathOf(path)} to import from the beginning`,
      );
    }
    let savedMs = startMs;
    // Before the first document is sent: the ids of its rows have to be the same again.
    let isNoted = resumed !== undefined;
    let batch: SourcedDocument<Source>[] = [];
    let batchCharacters = 0;
    let isFirst = true;
    for await (const row of input.rows) {
      readCount += 1;
      if (readCount <= (resumed?.rows ?? 0)) continue;
      if (!row.ok) {
        await rejects.add(row);
        continue;
      }
      const { line, fields } = row;
      if (isFirst && format === "csv") checkColumns(Object.keys(fields), mapping);
      isFirst = false;
      const mapped = await mapOrReject(fields, line);
      if (mapped === undefined) continue;
      const { document, characters } = mapped;
      collectionId ??= (await ensureCollection(db, withDimension(request.collection, document))).id;
      if (!isNoted) await resumption?.save({ ...fromTheBeginning, collectionId });
      isNoted = true;
      batch.push({ document, source: { line, fields } });
      batchCharacters += characters;
      if (batch.length < request.batchDocuments && batchCharacters < batchCharactersMax) continue;
      await pipeline.submit(batch);
      batch = [];
      batchCharacters = 0;
      if (resumption === undefined || cli.clock.monotonicMs() - savedMs < saveIntervalMs) continue;
      // What is on its way arrives in any order: when nothing is, all rows up to here are written or rejected.
      await pipeline.drain();
      const { count: rejected, bytes: rejectsBytes } = rejects;
      await resumption.save({
        collectionId,
        rows: readCount,
        imported: importedCount,
        rejected,
        rejectsBytes,
      });
      savedMs = cli.clock.monotonicMs();
    }
    if (batch.length > 0) await pipeline.submit(batch);
    await pipeline.drain();
    await resumption?.finish();
  } catch (error) {
    // What is on its way is still counted; if it fails, too, the first error tells more.
    await pipeline.drain().catch(() => {});
    throw withFile(error, path, importedCount);
  } finally {
    progress.stop();
    await rejects.close();
    await input.close();
  }
  assert(importedCount + rejects.count === readCount, "every row is imported or rejected");
  return {
    file: path,
    collection: request.collection.name,
    readCount,
    importedCount,
    rejectedCount: rejects.count,
    rejectsPath: rejects.count === 0 ? undefined : request.rejectsPath,
    durationMs: cli.clock.monotonicMs() - startMs,
  };

  function withId(document: DocumentInput): DocumentInput {
    const needsNone = document.id !== undefined || document.externalId !== undefined;
    return resumption === undefined || needsNone ? document : { ...document, id: resumption.idOf(readCount) };
  }

  async function mapOrReject(
    fields: Fields,
    line: number,
  ): Promise<{ readonly document: DocumentInput; readonly characters: number } | undefined> {
    try {
      const document = inChunks(withId(mapRow(fields, mapping, metadataValue)), request.chunking);
      return { document, characters: documentCharacters(document) };
    } catch (error) {
      if (!isAkiDbError(error)) throw error;
      await rejects.add({ line, error: error.message, row: fieldsToJson(fields) });
      return undefined;
    }
  }
}

/** Between two notes of how far an import is; what is imported behind the last one is sent again, and replaces itself. */
const saveIntervalMs = 1_000;

const fromTheBeginning = { rows: 0, imported: 0, rejected: 0, rejectsBytes: 0 } as const;

/** JSON stays as it is; a cell of CSV is absent when it is empty. */
function metadataValueOf({ format, keepStrings }: ImportRequest): MetadataValue {
  if (format !== "csv") return (value) => value;
  if (keepStrings) return (value) => (value === "" ? undefined : value);
  return (value) => (typeof value === "string" ? csvValue(value) : value);
}

const inChunks = (document: DocumentInput, chunking: Chunking | undefined): DocumentInput =>
  chunking === undefined || document.text === undefined || document.vector !== undefined
    ? document
    : { ...document, chunking };

function withDimension(input: CreateCollectionInput, { vector }: DocumentInput): CreateCollectionInput {
  if (input.dimension !== undefined || vector === undefined) return input;
  return { ...input, dimension: vector.length };
}

function withFile(error: unknown, path: string, importedCount: number): unknown {
  if (!isAkiDbError(error)) return error;
  const imported = importedCount === 0 ? "" : ` (after ${importedCount} imported documents, which stay)`;
  // Those of Parquet name the file already.
  const message = error.message.startsWith(`${path}: `) ? error.message : `${path}: ${error.message}`;
  return new AkiDbError(error.code, `${message}${imported}`, {
    violations: error.violations,
    cause: error,
  });
}
