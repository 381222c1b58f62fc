import { type Document, formatTimestamp, type Include, type Match } from "@akidb/base";
import { decodeMetadata } from "../collection/metadata.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";

export interface Described {
  readonly document: ResolvedDocument;
  /** Called only where it was asked for. */
  readonly vector: () => Float32Array;
}

/** Of a document what was asked for. */
export const describeDocument = (
  { document: { id, externalId, metadata, text }, vector }: Described,
  include: readonly Include[],
): Pick<Match, "id" | "externalId" | "metadata" | "text" | "vector"> => ({
  id,
  ...(externalId !== undefined && { externalId }),
  ...(metadata !== undefined && include.includes("metadata") && { metadata: decodeMetadata(metadata) }),
  ...(text !== undefined && include.includes("text") && { text }),
  ...(include.includes("vector") && { vector: vector() }),
});

/** With its times and version. */
export const describeWhole = (described: Described, include: readonly Include[]): Document => ({
  ...describeDocument(described, include),
  insertedAt: formatTimestamp(described.document.insertedAtMs),
  updatedAt: formatTimestamp(described.document.updatedAtMs),
  version: described.document.version,
  ...(described.document.expiresAtMs !== undefined && {
    expiresAt: formatTimestamp(described.document.expiresAtMs),
  }),
});
