import type { JsonObject, JsonValue } from "@akidb/base";

/** One row of a file, or why it cannot be read as one. */
export type Row = { readonly ok: true; readonly line: number; readonly fields: JsonObject } | BadRow;

export interface BadRow {
  readonly ok: false;
  /** Counted from 1; in a JSON array the number of the element. */
  readonly line: number;
  readonly error: string;
  /** As much of it as could be read; null if nothing. */
  readonly row: JsonValue;
}

/** Rejects with `invalid_argument` where the file as a whole cannot be read. */
export type RowReader = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Row>;
