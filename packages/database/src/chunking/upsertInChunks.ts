import { AkiDbError, type DocumentInput, invalidArgument, toAkiDbError, type UpsertItem } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { ChunkedDocument, failedItem } from "@akidb/engine";
import { embedDocuments } from "../embedDocuments.ts";
import type { OperationContext } from "../operation.ts";
import { inSpan } from "../telemetry/span.ts";
import { CutDocument, cutDocument } from "./cutDocument.ts";

type Cut = DocumentInput | CutDocument | AkiDbError;
export type Writable = DocumentInput | ChunkedDocument | AkiDbError;

interface ChunkedUpsert {
  readonly documents: readonly DocumentInput[];
  readonly atomic: boolean;
  readonly record: CollectionRecord;
  /** Writes a part of the batch. */
  readonly write: (documents: readonly Writable[]) => Promise<readonly UpsertItem[]>;
}

/** Embedded and written together, where the batch may be written in parts. */
const documentsPerPart = 1_000;

export const isInChunks = (document: DocumentInput | null | undefined): boolean =>
  document?.chunking !== undefined;

/**
 * For a batch of which some documents are to be written in chunks. Each is written whole or refused by itself, and all of
 * their chunks are written or none.
 *
 * @throws AkiDbError as `embedDocuments` and `write` do, where nothing has been written by then
 */
export async function upsertInChunks(
  context: OperationContext,
  { documents, atomic, record, write }: ChunkedUpsert,
): Promise<readonly UpsertItem[]> {
  const { call, limits } = context;
  const cut: Cut[] = [];
  for (const document of documents) {
    cut.push(isInChunks(document) ? await cutDocument(document, call.deadline) : document);
  }
  const count = cut.reduce((sum, one) => sum + writtenCount(one), 0);
  if (atomic && count > limits.batchDocumentsMax) {
    const detail = `make ${count} documents, chunks included; one atomic batch holds at most ${limits.batchDocumentsMax}`;
    throw invalidArgument("documents", detail);
  }
  const items: UpsertItem[] = [];
  for (const part of atomic ? [cut] : partsOf(cut)) {
    try {
      const embedded = await inSpan(call.trace?.span, "embed", () => embedCut(context, record, part));
      items.push(...(await write(embedded)));
    } catch (error) {
      if (!items.some(({ ok }) => ok)) throw error;
      const failed = failedItem(toAkiDbError(error));
      items.push(...part.map(() => failed));
    }
  }
  return items;
}

const writtenCount = (document: Cut): number =>
  document instanceof CutDocument ? document.chunks.length : 1;

function* partsOf(documents: readonly Cut[]): Generator<readonly Cut[]> {
  let from = 0;
  let count = 0;
  for (const [index, document] of documents.entries()) {
    if (index > from && count + writtenCount(document) > documentsPerPart) {
      yield documents.slice(from, index);
      from = index;
      count = 0;
    }
    count += writtenCount(document);
  }
  yield documents.slice(from);
}

async function embedCut(
  context: OperationContext,
  record: CollectionRecord,
  part: readonly Cut[],
): Promise<readonly Writable[]> {
  const texts = part.flatMap((document): readonly DocumentInput[] => {
    if (document instanceof AkiDbError) return [];
    return document instanceof CutDocument ? document.chunks.map(({ text }) => ({ text })) : [document];
  });
  const embedded = (await embedDocuments(context, record, texts)).values();
  const next = (): DocumentInput | AkiDbError => embedded.next().value!;
  return part.map((document) => {
    if (document instanceof AkiDbError) return document;
    return document instanceof CutDocument ? embeddedChunks(document, next) : next();
  });
}

/** @param next is called for each chunk, whatever becomes of the document */
function embeddedChunks(
  { document, chunks }: CutDocument,
  next: () => DocumentInput | AkiDbError,
): ChunkedDocument | AkiDbError {
  const embedded = chunks.map(next);
  const failed = embedded.findIndex((chunk) => chunk instanceof AkiDbError);
  if (failed >= 0) return atChunk(embedded[failed] as AkiDbError, failed);
  return new ChunkedDocument(
    document,
    chunks.map((chunk, index) => ({
      ...chunk,
      vector: (embedded[index] as DocumentInput).vector as Float32Array,
    })),
  );
}

function atChunk({ code, message, violations }: AkiDbError, index: number): AkiDbError {
  return new AkiDbError(code, `chunk ${index}: ${message}`, {
    violations: violations.map(({ path, detail }) => ({ path, detail: `${detail} (in chunk ${index})` })),
  });
}
