import { AsyncLocalStorage } from "node:async_hooks";
import { assert } from "@akidb/base";
import type { Database } from "better-sqlite3";
import { Kysely } from "kysely";
import type { CatalogTables } from "./catalogTables.ts";
import { ImmediateSqliteDialect } from "./immediateSqliteDialect.ts";
import { type Subject, translateSqliteError } from "./translateSqliteError.ts";

/** Where statements run: on their own, or in a transaction that is open. Rejects with translated errors. */
export interface SqliteSession {
  run<Result>(work: (db: Kysely<CatalogTables>) => Promise<Result>, subject?: Subject): Promise<Result>;
  /** All or nothing of `work`; part of the open transaction where there is one. */
  atomically<Result>(work: (session: SqliteSession) => Promise<Result>): Promise<Result>;
}

export interface SqliteRootSession extends SqliteSession {
  /** `work` has the connection to itself, outside of Kysely. */
  alone<Result>(work: () => Result): Promise<Result>;
}

/** @param checkUsable throws while no statement may begin */
export function openSqliteSession(database: Database, checkUsable: () => void): SqliteRootSession {
  const root = new Kysely<CatalogTables>({ dialect: new ImmediateSqliteDialect(database) });
  const around = new AsyncLocalStorage<{ open: boolean }>();

  // Kysely would queue the statement behind the transaction that waits for it, for ever.
  const checkOutside = (): void =>
    assert(around.getStore()?.open !== true, "inside a transaction its own repositories are used");

  return {
    async run(work, subject) {
      checkOutside();
      checkUsable();
      return translated(() => work(root), subject);
    },
    async atomically(work) {
      checkOutside();
      checkUsable();
      const transaction = { open: true };
      try {
        return await translated(() =>
          around.run(transaction, () =>
            root.transaction().execute((db) => work(sessionInTransaction(database, db))),
          ),
        );
      } finally {
        transaction.open = false;
      }
    },
    async alone(work) {
      checkOutside();
      return translated(() => root.connection().execute(async () => work()));
    },
  };
}

function sessionInTransaction(database: Database, db: Kysely<CatalogTables>): SqliteSession {
  const session: SqliteSession = {
    async run(work, subject) {
      // A full disk ends the transaction by itself; what came after would be kept.
      assert(database.inTransaction, "the transaction is still open");
      return translated(() => work(db), subject);
    },
    atomically: (work) => work(session),
  };
  return session;
}

async function translated<Result>(work: () => Promise<Result>, subject?: Subject): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw translateSqliteError(error, subject);
  }
}
