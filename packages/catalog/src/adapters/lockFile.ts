import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import type { LockHolder } from "./lockHolder.ts";

/**
 * `LOCK` is an SQLite file for the sake of SQLite's locks: they exclude other processes and other connections of this
 * one, and the operating system drops them with the process. Never open it in any other way: where locks are POSIX's,
 * closing any descriptor of a file drops all that the process holds on it.
 */
export const lockFilePath = (directory: string): string => join(directory, "LOCK");

export const isBusy = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_BUSY");

/** Who wrote itself into the file last; it may be gone. */
export function lastHolder(database: Database): LockHolder | undefined {
  // Whoever tries for the lock keeps readers out until it gives up.
  database.pragma("busy_timeout = 2000");
  const table = database.prepare("select 1 from sqlite_schema where name = 'holder'").get();
  if (table === undefined) return undefined;
  const row = database.prepare("select pid, url, started_at, command from holder").get() as
    | HolderRow
    | undefined;
  if (row === undefined) return undefined;
  const { pid, url, started_at: startedAt, command } = row;
  return { pid, ...(url === null ? {} : { url }), startedAt, command };
}

interface HolderRow {
  readonly pid: number;
  readonly url: string | null;
  readonly started_at: string;
  readonly command: string;
}
