import { assertNever } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import type { Database } from "better-sqlite3";

/** Of every table: the CRC32C of all other columns of the row. */
export const checksumColumn = "row_crc32c";

/** What SQLite gives for a column. */
export type ColumnValue = null | number | bigint | string | Uint8Array;

const utf8 = new TextEncoder();

/**
 * Names and types are part of it, so that no value passes for another one, or for that of another column. Triggers of
 * released migrations compute it: it never changes, a second one would have a second name.
 *
 * @param signature the table and its columns, as {@link rowSignature} writes them
 * @param values in the order of the columns
 */
export function rowChecksum(signature: string, values: readonly ColumnValue[]): number {
  let checksum = crc32c(utf8.encode(signature));
  for (const value of values) {
    const { type, bytes } = encode(value);
    const head = new Uint8Array(5);
    head[0] = type.charCodeAt(0);
    new DataView(head.buffer).setUint32(1, bytes.length, true);
    checksum = crc32c(bytes, crc32c(head, checksum));
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

interface EncodedValue {
  readonly type: "0" | "n" | "t" | "b";
  readonly bytes: Uint8Array;
}

function encode(value: ColumnValue): EncodedValue {
  if (value === null) return { type: "0", bytes: new Uint8Array(0) };
  if (value instanceof Uint8Array) return { type: "b", bytes: value };
  switch (typeof value) {
    case "number":
    case "bigint":
      // Catalogs hold no whole number that a double does not.
      return { type: "n", bytes: new Uint8Array(Float64Array.of(Number(value)).buffer) };
    case "string":
      return { type: "t", bytes: utf8.encode(value) };
    default:
      return assertNever(value);
  }
}
