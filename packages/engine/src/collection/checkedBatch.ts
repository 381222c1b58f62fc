import { AkiDbError, type DocumentInput, invalidArgument, limits } from "@akidb/base";
import { type CheckedDocument, checkDocument, type DocumentRules } from "./checkedDocument.ts";
import { upsertPayloadBytes } from "./documentsPayload.ts";
import { withinMemory } from "./withinMemory.ts";

/** A batch as its caller sent it, each document checked by itself, its vectors copied out of the caller's reach. */
export interface CheckedBatch {
  readonly documents: readonly (CheckedDocument | AkiDbError)[];
  readonly dimension: number;
  /** Of the documents that passed, in their order: one row each. */
  readonly vectors: Float32Array;
  readonly atomic: boolean;
  /** In the log. */
  readonly bytes: number;
}

export interface BatchInput {
  /** An error in place of a document is its refusal. */
  readonly documents: readonly (DocumentInput | AkiDbError)[];
  readonly atomic: boolean;
}

/** @throws AkiDbError `invalid_argument` where the batch is too large for the log; `unavailable` for the memory */
export function checkBatch({ documents: inputs, atomic }: BatchInput, rules: DocumentRules): CheckedBatch {
  const documents = inputs.map((input) =>
    input instanceof AkiDbError ? input : checkDocument(input, rules),
  );
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
function requireRecordSize(documents: readonly (CheckedDocument | AkiDbError)[], dimension: number): number {
  const stringBytes = documents.reduce(
    (sum, document) => sum + (document instanceof AkiDbError ? 0 : document.stringBytes),
    0,
  );
  const bytes = upsertPayloadBytes(documents.length, dimension, stringBytes);
  if (bytes <= limits.walRecordBytesMax) return bytes;
  const detail = `take ${bytes} bytes; one batch holds at most ${limits.walRecordBytesMax}, so send several`;
  throw invalidArgument("documents", detail);
}

/** At once: the caller may change its arrays while the batch waits. */
function copyVectors(documents: readonly (CheckedDocument | AkiDbError)[], dimension: number): Float32Array {
  const passed = documents.filter((document) => !(document instanceof AkiDbError)) as CheckedDocument[];
  const vectors = new Float32Array(passed.length * dimension);
  for (const [row, { vector }] of passed.entries()) vectors.set(vector, row * dimension);
  return vectors;
}
