import {
  AkiDbError,
  alreadyExists,
  type FieldViolation,
  type IdGenerator,
  quotaExceeded,
  type UpsertItem,
} from "@akidb/base";
import type { CheckedDocument } from "./checkedDocument.ts";
import type { DocumentLookup } from "./documentLookup.ts";
import type { ResolvedDocument, UpsertMutation } from "./mutation.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";

/** A batch as its caller sent it, each document checked by itself, its vectors copied out of the caller's reach. */
export interface CheckedBatch {
  readonly documents: readonly (CheckedDocument | AkiDbError)[];
  readonly dimension: number;
  /** Of the documents that passed, in their order: one row each. */
  readonly vectors: Float32Array;
  readonly atomic: boolean;
}

export interface ResolutionContext {
  readonly pending: PendingDocuments;
  readonly ids: IdGenerator;
  readonly nowMs: number;
  readonly maxDocumentCount: number;
}

export interface ResolvedUpsert {
  /** Undefined where no document of the batch can be written. */
  readonly mutation: UpsertMutation | undefined;
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
  let row = 0;
  for (const [index, input] of inputs.entries()) {
    const resolved = input instanceof AkiDbError ? input : resolveDocument(input, pending, context);
    if (resolved instanceof AkiDbError) {
      if (batch.atomic) throw atPosition(resolved, index);
      items.push(failedItem(resolved));
    } else {
      pending.put(resolved);
      items.push({ ok: true, id: resolved.id, version: resolved.version });
      documents.push(resolved);
      rows.push(row);
    }
    if (!(input instanceof AkiDbError)) row += 1;
  }
  if (documents.length === 0) return { mutation: undefined, items };
  return {
    mutation: { kind: "upsert", documents, vectors: pickRows(vectors, dimension, rows) },
    items,
  };
}

function resolveDocument(
  input: CheckedDocument,
  pending: DocumentLookup,
  { ids, nowMs, maxDocumentCount }: ResolutionContext,
): ResolvedDocument | AkiDbError {
  const holder = input.externalId === undefined ? undefined : pending.idOfExternalId(input.externalId);
  const id = input.id ?? holder ?? ids.next<"document">();
  if (holder !== undefined && holder !== id) {
    const taken = alreadyExists(`another document with external_id ${JSON.stringify(input.externalId)}`);
    const detail = "is taken by another document";
    return new AkiDbError(taken.code, taken.message, { violations: [{ path: "external_id", detail }] });
  }
  const existing = pending.find(id);
  if (existing === undefined && pending.count >= maxDocumentCount) {
    return quotaExceeded(`the collection holds its most documents, ${maxDocumentCount}`);
  }
  return {
    id,
    externalId: input.externalId,
    text: input.text,
    metadata: input.metadata,
    insertedAtMs: existing?.insertedAtMs ?? nowMs,
    updatedAtMs: nowMs,
    version: (existing?.version ?? 0) + 1,
    expiresAtMs: undefined,
  };
}

function pickRows(vectors: Float32Array, dimension: number, rows: readonly number[]): Float32Array {
  if (rows.length * dimension === vectors.length) return vectors;
  const picked = new Float32Array(rows.length * dimension);
  for (const [index, row] of rows.entries()) {
    picked.set(vectors.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  }
  return picked;
}

const failedItem = ({ code, message, violations }: AkiDbError): UpsertItem => ({
  ok: false,
  code,
  detail: message,
  violations,
});

/** The error of one document as the whole batch's: paths start at the batch. */
function atPosition(error: AkiDbError, index: number): AkiDbError {
  const position = `documents[${index}]`;
  const violations: readonly FieldViolation[] =
    error.violations.length === 0
      ? [{ path: position, detail: error.message }]
      : error.violations.map(({ path, detail }) => ({ path: `${position}.${path}`, detail }));
  return new AkiDbError(error.code, `${position}: ${error.message}`, { violations });
}
