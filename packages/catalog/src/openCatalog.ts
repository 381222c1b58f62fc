import { basename } from "node:path";
import { type Clock, failedPrecondition, type IdGenerator } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { keepCatalogCopy } from "./adapters/keepCatalogCopy.ts";
import type { Catalog, Repositories } from "./catalog.ts";
import { imageOf } from "./sqlite/catalogImage.ts";
import { checkCatalogFile } from "./sqlite/checkCatalogFile.ts";
import {
  type KeepCopy,
  latestVersion,
  migrateToLatest,
  migrationStatus,
  revertLast,
  schemaVersion,
} from "./sqlite/migrator.ts";
import { registerRowChecksum } from "./sqlite/rowChecksum.ts";
import type { RowSources } from "./sqlite/rowSources.ts";
import { sqliteApiKeys } from "./sqlite/sqliteApiKeys.ts";
import { sqliteAuditLog } from "./sqlite/sqliteAuditLog.ts";
import { sqliteCollections } from "./sqlite/sqliteCollections.ts";
import { sqliteCollectionTiers } from "./sqlite/sqliteCollectionTiers.ts";
import { sqliteDatabases } from "./sqlite/sqliteDatabases.ts";
import { sqliteModels } from "./sqlite/sqliteModels.ts";
import { sqlitePolicies } from "./sqlite/sqlitePolicies.ts";
import { sqliteReembeddings } from "./sqlite/sqliteReembeddings.ts";
import { sqliteRowImport } from "./sqlite/sqliteRowImport.ts";
import { openSqliteSession, type SqliteSession } from "./sqlite/sqliteSession.ts";
import { sqliteSessions } from "./sqlite/sqliteSessions.ts";
import { sqliteTenants } from "./sqlite/sqliteTenants.ts";
import { sqliteUsers } from "./sqlite/sqliteUsers.ts";
import { translateOpenError } from "./sqlite/translateOpenError.ts";

export interface CatalogOptions {
  /** Of the SQLite file; made if absent, in a directory that exists. */
  readonly path: string;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** False leaves the schema as it is, to look at it or to revert it; true if absent. */
  readonly migrate?: boolean;
  /** Of a file that exists and may be open elsewhere: nothing is written, nor migrated. False if absent. */
  readonly readOnly?: boolean;
}

const busyTimeoutMs = 5_000;

/**
 * The catalog in one SQLite file, one connection, in this thread: a statement takes tens of microseconds, less than a
 * message to another thread and back.
 *
 * Rejects with `failed_precondition` for a file that is damaged, another program's, or of a newer version; but where single
 * rows are damaged, all others are served, and an index that is damaged is built anew.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const { path, migrate = true, readOnly = false, ...sources } = options;
  const { damagedRows, indexes } = checkCatalogFile(path);
  const keepCopy: KeepCopy = (current) => {
    if (readOnly) throw failedPrecondition("the catalog is open for reading only");
    keepCatalogCopy({
      path,
      version: schemaVersion(current),
      nowMs: sources.clock.nowMs(),
      image: current.serialize(),
    });
  };
  const database = openDatabase({ path, readOnly }, (opened) => {
    registerRowChecksum(opened);
    if (readOnly) return;
    opened.pragma("journal_mode = wal");
    opened.pragma("synchronous = full");
    opened.pragma("foreign_keys = on");
    if (indexes.length > 0) opened.exec("reindex");
    if (migrate) migrateToLatest(opened, keepCopy);
  });
  let usable = schemaVersion(database) === latestVersion;
  let closing: Promise<void> | undefined;

  function checkOpen(): void {
    if (closing !== undefined) throw failedPrecondition("the catalog is closed");
  }
  function checkUsable(): void {
    checkOpen();
    if (!usable) throw failedPrecondition("the catalog has not been migrated to the newest schema");
  }
  const session = openSqliteSession(database, checkUsable);

  async function withSchema<Result>(work: () => Result): Promise<Result> {
    checkOpen();
    return session.alone(() => {
      try {
        return work();
      } finally {
        usable = schemaVersion(database) === latestVersion;
      }
    });
  }

  return {
    ...repositoriesOf(session, sources),
    transaction: (work) => session.atomically((within) => work(repositoriesOf(within, sources))),
    importRows: (work) =>
      session.atomically((within) =>
        work({ ...repositoriesOf(within, sources), rows: sqliteRowImport(within) }),
      ),
    schemaVersion: () => withSchema(() => schemaVersion(database)),
    migrationStatus: () => withSchema(() => migrationStatus(database)),
    migrateToLatest: () => withSchema(() => migrateToLatest(database, keepCopy)),
    revertLast: () =>
      withSchema(() => {
        const reverted = revertLast(database, keepCopy);
        return reverted && { version: reverted.version, name: reverted.name, applied: false };
      }),
    damagedRows,
    image: () => withSchema(() => imageOf(database)),
    close() {
      closing ??= session.alone(() => {
        database.close();
      });
      return closing;
    },
  };
}

const repositoriesOf = (session: SqliteSession, sources: RowSources): Repositories => ({
  tenants: sqliteTenants(session, sources),
  databases: sqliteDatabases(session, sources),
  collections: sqliteCollections(session, sources),
  collectionTiers: sqliteCollectionTiers(session, sources),
  models: sqliteModels(session, sources),
  reembeddings: sqliteReembeddings(session, sources),
  users: sqliteUsers(session, sources),
  apiKeys: sqliteApiKeys(session, sources),
  policies: sqlitePolicies(session, sources),
  sessions: sqliteSessions(session, sources),
  auditLog: sqliteAuditLog(session, sources),
});

interface DatabaseFile {
  readonly path: string;
  readonly readOnly: boolean;
}

function openDatabase({ path, readOnly }: DatabaseFile, prepare: (database: Database) => void): Database {
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { timeout: busyTimeoutMs, readonly: readOnly, fileMustExist: readOnly });
    prepare(database);
    return database;
  } catch (error) {
    database?.close();
    throw translateOpenError(error, basename(path));
  }
}
