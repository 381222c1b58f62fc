import { AkiDbError, idFromBytes } from "@akidb/base";
import type { Database } from "better-sqlite3";
import { type ColumnValue, checksumColumn, rowChecksum, rowSignature } from "./rowChecksum.ts";

/** A row that is not what was written. */
export interface DamagedRow {
  readonly table: string;
  /** Of its primary key, as far as that can be read. */
  readonly id: string;
}

/** @param row with all of its columns, in their order */
export function isWhole(table: string, row: object): boolean {
  const columns: string[] = [];
  const values: ColumnValue[] = [];
  for (const [column, value] of Object.entries(row)) {
    if (column === checksumColumn) continue;
    columns.push(column);
    values.push(value as ColumnValue);
  }
  const stored = (row as { readonly [checksumColumn]?: unknown })[checksumColumn];
  return stored === rowChecksum(rowSignature(table, columns), values);
}

/**
 * @param row with all of its columns, in their order; undefined where there is none
 * @throws AkiDbError `failed_precondition` where it is not what was written
 */
export function requireWhole<Row extends object>(table: string, row: Row | undefined): Row | undefined {
  if (row === undefined || isWhole(table, row)) return row;
  const { id } = damagedRow(table, row);
  throw new AkiDbError(
    "failed_precondition",
    `row ${id} of ${table} in catalog.db is damaged: it fails its checksum; put catalog.db back from a copy`,
  );
}

/** Reads every row of every table that keeps checksums. */
export function findDamagedRows(database: Database): readonly DamagedRow[] {
  return checksummedTables(database).flatMap((table) => {
    const damaged: DamagedRow[] = [];
    for (const row of database.prepare(`select * from ${table} not indexed`).iterate() as Iterable<object>) {
      if (!isWhole(table, row)) damaged.push(damagedRow(table, row));
    }
    return damaged;
  });
}

function checksummedTables(database: Database): readonly string[] {
  const names = database.prepare("select name from sqlite_schema where type = 'table' order by name").pluck();
  return (names.all() as string[]).filter((table) => {
    const columns = database.pragma(`table_info(${table})`) as readonly { readonly name: string }[];
    return columns.some(({ name }) => name === checksumColumn);
  });
}

function damagedRow(table: string, row: object): DamagedRow {
  const [key] = Object.values(row) as [ColumnValue];
  if (!(key instanceof Uint8Array)) return { table, id: JSON.stringify(key) };
  return { table, id: key.length === 16 ? idFromBytes(key) : Buffer.from(key).toString("hex") };
}
