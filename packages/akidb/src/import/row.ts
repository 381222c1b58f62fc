import type { JsonObject, JsonValue } from "@akidb/base";

/** JSON, or floats as they are in a file that has such. */
export type FieldValue = JsonValue | Float32Array | Float64Array;
export type Fields = Readonly<Record<string, FieldValue>>;

/** One row of a file, or why it cannot be read as one. */
export type Row = { readonly ok: true; readonly line: number; readonly fields: Fields } | BadRow;

export interface BadRow {
  readonly ok: false;
  /** Counted from 1; in a JSON array the number of the element, in Parquet that of the row. */
  readonly line: number;
  readonly error: string;
  /** As much of it as could be read; null if nothing. */
  readonly row: JsonValue;
}

export const isFloats = (value: FieldValue | undefined): value is Float32Array | Float64Array =>
  value instanceof Float32Array || value instanceof Float64Array;

export const valueToJson = (value: FieldValue): JsonValue => (isFloats(value) ? Array.from(value) : value);

/** The same row for people to read. */
export const fieldsToJson = (fields: Fields): JsonObject =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, valueToJson(value)]));

/** Rejects with `invalid_argument` where the file as a whole cannot be read. */
export type RowReader = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Row>;
