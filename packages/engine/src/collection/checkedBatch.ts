import { AkiDbError, type DocumentInput, type IdGenerator, invalidArgument, limits } from "@akidb/base";
import { type CheckedDocument, checkDocument, type DocumentRules } from "./checkedDocument.ts";
import { type CheckedChunks, ChunkedDocument, checkChunks } from "./chunkedDocument.ts";
import { upsertPayloadBytes } from "./documentsPayload.ts";
import { withinMemory } from "./withinMemory.ts";

/** A batch as its caller sent it, each document checked by itself, its vectors copied out of the caller's reach. */
export interface CheckedBatch {
  readonly documents: readonly CheckedInput[];
  readonly dimension: number;
  /** Of the documents that passed, in their order, chunks each by itself: one row each. */
  readonly vectors: Float32Array;
  readonly atomic: boolean;
  /** In the log. */
  readonly bytes: number;
}

export type CheckedInput = CheckedDocument | CheckedChunks | AkiDbError;

/** What is written for it; nothing for an error. */
export function writtenFor(input: CheckedInput): readonly CheckedDocument[] {
  if (input instanceof AkiDbError) return [];
  return "documents" in input ? input.documents : [input];
}

export interface BatchInput {
  /** An error in place of a document is its refusal. */
  readonly documents: readonly (DocumentInput | ChunkedDocument | AkiDbError)[];
  readonly atomic: boolean;
}

/** @throws AkiDbError `invalid_argument` where the batch is too large for the log; `unavailable` for the memory */
export function checkBatch(
  { documents: inputs, atomic }: BatchInput,
  rules: DocumentRules & { readonly ids: IdGenerator },
): CheckedBatch {
  const documents = inputs.map((input): CheckedInput => {
    if (input instanceof AkiDbError) return input;
    return input instanceof ChunkedDocument ? checkChunks(input, rules) : checkDocument(input, rules);
  });
  const { dimension } = rules;
  const bytes = requireRecordSize(documents, dimension);
  return {
    documents,
    dimension,
    vectors: withinMemory(() => copyVectors(documents, dimension)),
    atomic,
    bytes,
  };
}

/** @returns the bytes of the batch in the log */
function requireRecordSize(documents: readonly CheckedInput[], dimension: number): number {
  let documentCount = 0;
  let stringBytes = 0;
  for (const input of documents) {
    documentCount += 1;
    if (input instanceof AkiDbError) continue;
    if ("documents" in input) documentCount += input.documents.length - 1;
    stringBytes +=
      "documents" in input
        ? input.documents.reduce((sum, each) => sum + each.stringBytes, 0)
        : input.stringBytes;
  }
  const bytes = upsertPayloadBytes(documentCount, dimension, stringBytes);
  if (bytes <= limits.walRecordBytesMax) return bytes;
  const detail = `take ${bytes} bytes; one batch holds at most ${limits.walRecordBytesMax}, so send several`;
  throw invalidArgument("documents", detail);
}

/** At once: the caller may change its arrays while the batch waits. */
function copyVectors(documents: readonly CheckedInput[], dimension: number): Float32Array {
  const passed = documents.flatMap(writtenFor);
  const vectors = new Float32Array(passed.length * dimension);
  for (const [row, { vector }] of passed.entries()) vectors.set(vector, row * dimension);
  return vectors;
}
