import type { JsonObject } from "./json.ts";

export interface Document<Metadata extends object = JsonObject> {
  readonly id: string;
  readonly externalId?: string;
  readonly vector?: Float32Array;
  readonly text?: string;
  readonly metadata?: Metadata;
  readonly insertedAt: string;
  readonly updatedAt: string;
  /** 1 when inserted, one more with every upsert and patch. */
  readonly version: number;
  /** Absent where it does not expire. */
  readonly expiresAt?: string;
}

export interface DocumentInput<Metadata extends object = JsonObject> {
  /** A UUID; made if absent, or that of the document which has this `externalId`. */
  readonly id?: string;
  /** At most 512 bytes of UTF-8, unique in the collection. */
  readonly externalId?: string;
  /** `dimension` finite components; may be absent where there is a text to embed. */
  readonly vector?: Float32Array | readonly number[];
  readonly text?: string;
  readonly metadata?: Metadata;
  /** The document goes by itself after that time; more than 0, at most 3,155,760,000 (a hundred years). */
  readonly ttlSeconds?: number;
  /** The same as a time, ISO 8601 with its zone. Not together with `ttlSeconds`. */
  readonly expiresAt?: string;
  /** Only if the document has this version now; 0: only if it does not exist. */
  readonly ifVersion?: number;
  /** The text is written in parts, each a document of its own; docs/documents.md. */
  readonly chunking?: Chunking;
}

/** How a text is cut. */
export interface Chunking {
  /** Most characters of a chunk, as UTF-16 counts them: 16 to 100,000. */
  readonly size: number;
  /** Characters that a chunk may repeat of the one before, in whole sentences or words; half the size at most, 0 if absent. */
  readonly overlap?: number;
  /** What is kept whole where it fits; `sentence` if absent. */
  readonly by?: ChunkBoundary;
}

export const chunkBoundaries = ["sentence", "word"] as const;
export type ChunkBoundary = (typeof chunkBoundaries)[number];
