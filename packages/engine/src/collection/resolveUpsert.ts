import { AkiDbError, type DocumentId, invalidArgument, type UpsertItem } from "@akidb/base";
import { type CheckedBatch, type CheckedInput, writtenFor } from "./checkedBatch.ts";
import type { Mutation, ResolvedDocument } from "./mutation.ts";
import { replacementBytes } from "./mutationRecord.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";
import { type ResolvedChunks, resolveChunks } from "./resolveChunks.ts";
import { type ResolutionContext, resolveDocument } from "./resolveDocument.ts";
import { atPosition, failedItem } from "./writeItem.ts";

export interface ResolvedUpsert {
  /** None where no document of the batch can be written. */
  readonly mutations: readonly Mutation[];
  readonly items: readonly UpsertItem[];
}

/**
 * Decides every document of a batch: identifiers, times and versions. What is decided is entered in `pending`.
 *
 * @throws AkiDbError where the batch is atomic and a document cannot be written, or one cannot be read; RangeError where
 * there is no memory. `pending` is to be dropped then.
 */
export function resolveUpsert(batch: CheckedBatch, context: ResolutionContext): ResolvedUpsert {
  const { documents: inputs, dimension, vectors } = batch;
  const { pending } = context;
  const items: UpsertItem[] = [];
  const documents: ResolvedDocument[] = [];
  const rows: number[] = [];
  /** What has expired and holds an external id of the batch goes before the batch comes. */
  const displaced: DocumentId[] = [];
  /** What chunked documents were before, and are no more. */
  const replaced: DocumentId[] = [];
  let row = 0;
  const enter = (resolved: ResolvedDocument): void => {
    const holder = expiredHolderOf(resolved, pending);
    if (holder !== undefined) displaced.push(holder);
    pending.put(resolved);
    documents.push(resolved);
    rows.push(row++);
  };
  for (const [index, input] of inputs.entries()) {
    const recordBytes = batch.bytes + replacementBytes(replaced.length);
    const resolved = onlyOnce(resolveInput(input, context, recordBytes), documents);
    if (resolved instanceof AkiDbError) {
      if (batch.atomic) throw atPosition(resolved, index);
      items.push(failedItem(resolved));
      row += writtenFor(input).length;
    } else if ("chunks" in resolved) {
      for (const id of resolved.replaced) pending.remove(id);
      replaced.push(...resolved.replaced);
      for (const chunk of resolved.chunks) enter(chunk);
      const [{ id, version }] = resolved.chunks;
      items.push({ ok: true, id, version, chunkCount: resolved.chunks.length });
    } else {
      enter(resolved);
      items.push({ ok: true, id: resolved.id, version: resolved.version });
    }
  }
  if (documents.length === 0) return { mutations: [], items };
  const upserted = { documents, vectors: pickRows(vectors, dimension, rows) };
  const mutations: Mutation[] = [
    replaced.length === 0 ? { kind: "upsert", ...upserted } : { kind: "replace", ids: replaced, ...upserted },
  ];
  if (displaced.length > 0) mutations.unshift({ kind: "delete", ids: displaced, deletedAtMs: context.nowMs });
  return { mutations, items };
}

/** What the batch writes it cannot replace as well: it is one record, in which the one comes before the other. */
function onlyOnce<Resolved extends ResolvedDocument | ResolvedChunks | AkiDbError>(
  resolved: Resolved,
  documents: readonly ResolvedDocument[],
): Resolved | AkiDbError {
  if (!("replaced" in resolved) || resolved.replaced.length === 0) return resolved;
  const replaced = new Set(resolved.replaced);
  return documents.some(({ id }) => replaced.has(id))
    ? invalidArgument("", "its batch has the document already; send it once")
    : resolved;
}

function resolveInput(
  input: CheckedInput,
  context: ResolutionContext,
  recordBytes: number,
): ResolvedDocument | ResolvedChunks | AkiDbError {
  if (input instanceof AkiDbError) return input;
  if (!("documents" in input)) return resolveDocument(input, context.pending, context);
  return resolveChunks(input, context, recordBytes);
}

/** Other than the document itself, which replaces what was of its id. */
function expiredHolderOf(
  { id, externalId }: ResolvedDocument,
  pending: PendingDocuments,
): DocumentId | undefined {
  const holder = externalId === undefined ? undefined : pending.expiredHolderOf(externalId);
  return holder === id ? undefined : holder;
}

function pickRows(vectors: Float32Array, dimension: number, rows: readonly number[]): Float32Array {
  if (rows.length * dimension === vectors.length) return vectors;
  const picked = new Float32Array(rows.length * dimension);
  for (const [index, row] of rows.entries()) {
    picked.set(vectors.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  }
  return picked;
}
