import { assert } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { MigrationStatus } from "../catalog.ts";
import type { Migration } from "./migration.ts";
import { allMigrations } from "./migrations/allMigrations.ts";
import { registerRowChecksum } from "./rowChecksum.ts";

export interface SchemaPart {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** Marks the file as an AkiDB catalog (`PRAGMA application_id`): "AkiC". */
export const catalogApplicationId = 0x416b_6943;

assert(
  allMigrations.every(({ version }, at) => version === at + 1),
  "migrations are numbered from 1 without a gap",
);

export const latestVersion = allMigrations.length;

/**
 * The version of the schema lies in the file's header (`PRAGMA user_version`) and changes in the transaction that
 * changes the schema. (Kysely's own migrator runs SQLite migrations outside of transactions, reads the machine's
 * clock and writes its tables before it can find that the file belongs to a newer version.)
 */
export const schemaVersion = (database: Database): number =>
  database.pragma("user_version", { simple: true }) as number;

/** What the schema of a version is, in SQLite's own words: a trigger that rotted would be wrong without a sound. */
export function schemaOfVersion(version: number): readonly SchemaPart[] {
  const database = new Sqlite(":memory:");
  try {
    registerRowChecksum(database);
    for (const { up } of allMigrations.slice(0, version)) database.exec(up);
    return readSchema(database);
  } finally {
    database.close();
  }
}

export const readSchema = (database: Database): readonly SchemaPart[] =>
  database.prepare("select type, name, sql from sqlite_schema order by name").all() as SchemaPart[];

export function migrationStatus(database: Database): readonly MigrationStatus[] {
  const current = schemaVersion(database);
  return allMigrations.map(({ version, name }) => ({ version, name, applied: version <= current }));
}

/** Puts a copy of the database aside; what throws keeps the schema from changing. */
export type KeepCopy = (database: Database) => void;

export function migrateToLatest(database: Database, keepCopy: KeepCopy): void {
  const version = schemaVersion(database);
  if (version > 0 && version < latestVersion) keepCopy(database);
  while (migrateUp(database));
}

function migrateUp(database: Database): boolean {
  return inTransaction(database, () => {
    const next = allMigrations[schemaVersion(database)];
    if (next === undefined) return false;
    apply(database, next.up, next.version);
    return true;
  });
}

/** @returns what was undone */
export function revertLast(database: Database, keepCopy: KeepCopy): Migration | undefined {
  if (schemaVersion(database) > 0) keepCopy(database);
  return inTransaction(database, () => {
    const last = allMigrations[schemaVersion(database) - 1];
    if (last !== undefined) apply(database, last.down, last.version - 1);
    return last;
  });
}

function apply(database: Database, sql: string, version: number): void {
  database.exec(sql);
  database.pragma(`application_id = ${catalogApplicationId}`);
  database.pragma(`user_version = ${version}`);
  const orphans = database.pragma("foreign_key_check") as readonly unknown[];
  assert(orphans.length === 0, `migration to version ${version} leaves no row without its parent`);
}

/** Reads the version under the write lock, so that two processes do not take the same step. */
const inTransaction = <Result>(database: Database, work: () => Result): Result =>
  database.transaction(work).immediate();
