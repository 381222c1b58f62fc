/** A run of documents, column by column: entry `i` of every column belongs to the same document. */
export interface DocumentColumns {
  readonly rowCount: number;
  /** 16 bytes each, big-endian as RFC 9562 has them. */
  readonly ids: Uint8Array;
  readonly externalIds: readonly (string | null)[];
  /** `dimension` components each, all finite. */
  readonly vectors: Float32Array;
  readonly texts: readonly (string | null)[];
  /** JSON objects. */
  readonly metadata: readonly (string | null)[];
  /** Whole milliseconds since 1970 UTC. */
  readonly insertedAtMs: Float64Array;
  readonly updatedAtMs: Float64Array;
  /** 1 and up. */
  readonly versions: Float64Array;
  /** Whole milliseconds since 1970 UTC; NaN: never. */
  readonly expiresAtMs: Float64Array;
}

/**
 * What was found in a file: a column that it lacks is null. A time or version that a row lacks is NaN; identifiers and
 * vectors are there for every row or not at all.
 */
export type FoundColumns = Pick<DocumentColumns, "rowCount" | "vectors"> & {
  readonly [Column in Exclude<keyof DocumentColumns, "rowCount" | "vectors">]: DocumentColumns[Column] | null;
};

export const idBytes = 16;
