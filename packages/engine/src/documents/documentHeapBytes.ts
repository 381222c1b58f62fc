import type { ResolvedDocument } from "../collection/mutation.ts";

/** Heap of a document's objects, id and map entry, beside its other strings: measured on Node 24 with 500,000. */
export const emptyDocumentHeapBytes = 250;

/** An estimate; V8 keeps one byte for a Latin-1 character and two for others. */
export const documentHeapBytes = ({ externalId, text, metadata }: ResolvedDocument): number =>
  emptyDocumentHeapBytes + (externalId?.length ?? 0) + (text?.length ?? 0) + (metadata?.length ?? 0);
