import type { QueryBatchInput, UpsertDocumentsInput } from "@akidb/database";
import { receivedError, type SentError, sentError } from "./sentError.ts";

export interface SentInput {
  readonly input: unknown;
  /** Memory that is handed over, not copied. */
  readonly transferred: readonly ArrayBuffer[];
}

type Query = QueryBatchInput["queries"][number];

/** One that could not even be read goes as what makes its error anew. */
type SentQuery = { readonly query: Query } | { readonly error: SentError };

/** The input of an operation on its way to another thread. What is copied as it is goes as it is. */
export function sentInput(operation: string, input: unknown): SentInput {
  switch (operation) {
    case "upsertDocuments":
      return withPackedVectors(input as UpsertDocumentsInput);
    case "queryBatch": {
      const { queries, ...others } = input as QueryBatchInput;
      return { input: { ...others, queries: queries.map(sentQuery) }, transferred: [] };
    }
    default:
      return { input, transferred: [] };
  }
}

export function receivedInput(operation: string, input: unknown): unknown {
  if (operation !== "queryBatch") return input;
  const { queries, ...others } = input as { readonly queries: readonly SentQuery[] };
  return {
    ...others,
    queries: queries.map((sent) => ("error" in sent ? receivedError(sent.error) : sent.query)),
  };
}

const sentQuery = (query: Query): SentQuery =>
  query instanceof Error ? { error: sentError(query) } : { query };

/** In one piece of memory: a thousand small ones take longer to hand over than to copy once. */
function withPackedVectors({ documents, ...others }: UpsertDocumentsInput): SentInput {
  const componentCount = documents.reduce((count, { vector }) => count + (vector?.length ?? 0), 0);
  const memory = new ArrayBuffer(componentCount * Float32Array.BYTES_PER_ELEMENT);
  let at = 0;
  const packed = documents.map((document) => {
    const { vector } = document;
    if (!(vector instanceof Float32Array)) return document;
    const place = new Float32Array(memory, at, vector.length);
    place.set(vector);
    at += place.byteLength;
    return { ...document, vector: place };
  });
  return { input: { ...others, documents: packed }, transferred: [memory] };
}
