import { assertNever } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import type { Database } from "better-sqlite3";

/** Of every table: the CRC32C of all other columns of the row. */
export const checksumColumn = "row_crc32c";

/** What SQLite gives for a column. */
export type ColumnValue = null | number | bigint | string | Uint8Array;

/** Of a type and a length before the bytes of a value. */
const headBytes = 5;

/** For all but the longest rows: one call for a row takes a fifth of the time of two for each value. */
const scratch = Buffer.alloc(16 * 1024);

/**
 * Names and types are part of it, so that no value passes for another one, or for that of another column. Triggers of
 * released migrations compute it: it never changes, a second one would have a second name.
 *
 * @param signature the table and its columns, as {@link rowSignature} writes them
 * @param values in the order of the columns
 */
export function rowChecksum(signature: string, values: readonly ColumnValue[]): number {
  let bytesMax = 0;
  for (const value of values) bytesMax += headBytes + valueBytesMax(value);
  const bytes = bytesMax <= scratch.length ? scratch : Buffer.alloc(bytesMax);
  let at = 0;
  for (const value of values) {
    const length = writeValue(bytes, value, at + headBytes);
    bytes[at] = typeOf(value).charCodeAt(0);
    bytes.writeUInt32LE(length, at + 1);
    at += headBytes + length;
  }
  return crc32c(bytes.subarray(0, at), checksumOfSignature(signature));
}

const checksums = new Map<string, number>();

/** As many as there are versions of tables. */
function checksumOfSignature(signature: string): number {
  let checksum = checksums.get(signature);
  if (checksum === undefined) {
    checksum = crc32c(Buffer.from(signature));
    checksums.set(signature, checksum);
  }
  return checksum;
}

export const rowSignature = (table: string, columns: readonly string[]): string =>
  `${table}(${columns.join(",")})`;

/** Makes `row_crc32c(signature, value, …)` known to a connection, which its triggers call. */
export function registerRowChecksum(database: Database): void {
  const options = { deterministic: true, varargs: true } as const;
  database.function(checksumColumn, options, (signature: string, ...values: ColumnValue[]) =>
    rowChecksum(signature, values),
  );
}

function typeOf(value: ColumnValue): "0" | "n" | "t" | "b" {
  if (value === null) return "0";
  if (value instanceof Uint8Array) return "b";
  return typeof value === "string" ? "t" : "n";
}

/** A UTF-16 code unit takes at most three bytes. */
function valueBytesMax(value: ColumnValue): number {
  if (value === null) return 0;
  if (value instanceof Uint8Array) return value.length;
  return typeof value === "string" ? 3 * value.length : Float64Array.BYTES_PER_ELEMENT;
}

/** @returns the number of bytes */
function writeValue(bytes: Buffer, value: ColumnValue, at: number): number {
  if (value === null) return 0;
  if (value instanceof Uint8Array) {
    bytes.set(value, at);
    return value.length;
  }
  switch (typeof value) {
    case "number":
    case "bigint":
      // Catalogs hold no whole number that a double does not.
      return bytes.writeDoubleLE(Number(value), at) - at;
    case "string":
      return bytes.write(value, at);
    default:
      return assertNever(value);
  }
}
