import {
  AkiDbError,
  alreadyExists,
  type DocumentId,
  type IdGenerator,
  quotaExceeded,
  type UpsertItem,
} from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import { passesFilter } from "../reads/passesFilter.ts";
import type { CheckedBatch } from "./checkedBatch.ts";
import type { CheckedDocument } from "./checkedDocument.ts";
import type { DocumentLookup } from "./documentLookup.ts";
import { expiresAtMs } from "./expiry.ts";
import type { Mutation, ResolvedDocument } from "./mutation.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";
import { versionMismatch } from "./versionCheck.ts";
import { atPosition, failedItem, outOfBounds } from "./writeItem.ts";

export interface ResolutionContext {
  readonly pending: PendingDocuments;
  readonly ids: IdGenerator;
  readonly nowMs: number;
  readonly maxDocumentCount: number;
  /** What does not pass it can neither be written nor replaced. */
  readonly within: Filter | undefined;
}

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
  let row = 0;
  for (const [index, input] of inputs.entries()) {
    const resolved = input instanceof AkiDbError ? input : resolveDocument(input, pending, context);
    if (resolved instanceof AkiDbError) {
      if (batch.atomic) throw atPosition(resolved, index);
      items.push(failedItem(resolved));
    } else {
      const holder = expiredHolderOf(resolved, pending);
      if (holder !== undefined) displaced.push(holder);
      pending.put(resolved);
      items.push({ ok: true, id: resolved.id, version: resolved.version });
      documents.push(resolved);
      rows.push(row);
    }
    if (!(input instanceof AkiDbError)) row += 1;
  }
  if (documents.length === 0) return { mutations: [], items };
  const mutations: Mutation[] = [{ kind: "upsert", documents, vectors: pickRows(vectors, dimension, rows) }];
  if (displaced.length > 0) mutations.unshift({ kind: "delete", ids: displaced, deletedAtMs: context.nowMs });
  return { mutations, items };
}

/** Other than the document itself, which replaces what was of its id. */
function expiredHolderOf(
  { id, externalId }: ResolvedDocument,
  pending: PendingDocuments,
): DocumentId | undefined {
  const holder = externalId === undefined ? undefined : pending.expiredHolderOf(externalId);
  return holder === id ? undefined : holder;
}

function resolveDocument(
  input: CheckedDocument,
  pending: DocumentLookup,
  { ids, nowMs, maxDocumentCount, within }: ResolutionContext,
): ResolvedDocument | AkiDbError {
  const holder = input.externalId === undefined ? undefined : pending.idOfExternalId(input.externalId);
  const id = input.id ?? holder ?? ids.next<"document">();
  if (within !== undefined && ![id, holder].every((each) => isWithin(each, pending, within))) {
    return outOfBounds();
  }
  if (holder !== undefined && holder !== id) {
    const taken = alreadyExists(`another document with external_id ${JSON.stringify(input.externalId)}`);
    const detail = "is taken by another document";
    return new AkiDbError(taken.code, taken.message, { violations: [{ path: "external_id", detail }] });
  }
  const existing = pending.find(id);
  const mismatch = versionMismatch(input.ifVersion, existing);
  if (mismatch !== undefined) return mismatch;
  if (existing === undefined && pending.count >= maxDocumentCount) {
    return quotaExceeded(`the collection holds its most documents, ${maxDocumentCount}`);
  }
  const resolved: ResolvedDocument = {
    id,
    externalId: input.externalId,
    text: input.text,
    metadata: input.metadata,
    insertedAtMs: existing?.insertedAtMs ?? nowMs,
    updatedAtMs: nowMs,
    version: (existing?.version ?? 0) + 1,
    expiresAtMs: expiresAtMs(input.expiry, nowMs),
  };
  return within === undefined || passesFilter(resolved, within) ? resolved : outOfBounds();
}

/** Whether who is bound by the filter may replace what has this id; true where nothing has. */
function isWithin(id: DocumentId | undefined, pending: DocumentLookup, within: Filter): boolean {
  const existing = id === undefined ? undefined : pending.find(id);
  return existing === undefined || passesFilter(existing, within);
}

function pickRows(vectors: Float32Array, dimension: number, rows: readonly number[]): Float32Array {
  if (rows.length * dimension === vectors.length) return vectors;
  const picked = new Float32Array(rows.length * dimension);
  for (const [index, row] of rows.entries()) {
    picked.set(vectors.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  }
  return picked;
}
