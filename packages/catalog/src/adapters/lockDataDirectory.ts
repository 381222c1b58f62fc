import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type AkiDbError, failedPrecondition, unavailable } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { translateOpenError } from "../sqlite/translateOpenError.ts";
import { isBusy, lastHolder, lockFilePath } from "./lockFile.ts";
import { describeLockHolder, type LockHolder } from "./lockHolder.ts";

export interface DataDirectoryLock {
  /**
   * Tells others where the holder listens. The lock is held all the while, and also where this fails.
   *
   * @throws `unavailable` where somebody does not stop reading the lock
   */
  setUrl(url: string): void;
  release(): void;
}

/** Longer than anybody looks at the lock, shorter than a person waits for an answer. */
const lockTimeoutMs = 250;

/**
 * Takes the data directory for this process, and makes it if absent. The lock ends with `release` or with the
 * process, however that dies.
 *
 * @throws `failed_precondition` that names the holder, also where that is this very process
 */
export function lockDataDirectory({
  directory,
  holder,
}: {
  readonly directory: string;
  readonly holder: LockHolder;
}): DataDirectoryLock {
  makeDirectory(directory);
  let database: Database | undefined;
  try {
    database = new Sqlite(lockFilePath(directory), { timeout: lockTimeoutMs });
    // With a write-ahead log a commit would not need the file to itself.
    database.pragma("journal_mode = delete");
    return takeLock(database, holder);
  } catch (error) {
    const reported = isBusy(error) && database !== undefined ? directoryInUse(database) : error;
    database?.close();
    throw translateOpenError(reported, "LOCK");
  }
}

/** Nothing else refers to an open SELECT, and once it is collected its lock is gone. */
const heldLocks = new Set<Iterator<unknown>>();

/**
 * In SQLite (https://www.sqlite.org/lockingv3.html) EXCLUSIVE is given to one who is alone, and SHARED to any number
 * of others. The holder of the directory takes EXCLUSIVE to write its row and, from inside that commit on, keeps
 * SHARED by a SELECT that is never read to its end: so nobody else gets EXCLUSIVE while it lives, everybody can read
 * the row, and there is no moment in between. Besides, it keeps RESERVED, which it gives up with each commit: that
 * stops others before they keep readers out in the hope of EXCLUSIVE.
 */
function takeLock(database: Database, holder: LockHolder): DataDirectoryLock {
  const { pid, url = null, startedAt, command } = holder;
  database.exec("begin exclusive");
  database.exec(`
    create table if not exists holder (
      pid integer not null, url text, started_at text not null, command text not null
    ) strict;
    delete from holder;
  `);
  database.prepare("insert into holder values (?, ?, ?, ?)").run(pid, url, startedAt, command);

  // Lets statements run while the SELECT is open.
  database.unsafeMode(true);
  // A second row, so that one is left to read.
  const shared = database.prepare("select pid from holder union all select 0").iterate();
  shared.next();
  heldLocks.add(shared);
  function letGo(): void {
    heldLocks.delete(shared);
    shared.return?.();
  }
  try {
    database.exec("commit");
  } catch (error) {
    letGo();
    throw error;
  }
  reserve(database);

  return {
    setUrl(newUrl) {
      if (!reserve(database)) throw unavailable("LOCK is busy", { retryAfterMs: lockTimeoutMs });
      try {
        database.prepare("update holder set url = ?").run(newUrl);
        database.exec("commit");
      } catch (error) {
        if (database.inTransaction) database.exec("rollback");
        throw translateOpenError(error, "LOCK");
      } finally {
        reserve(database);
      }
    },
    release() {
      letGo();
      database.close();
    },
  };
}

/**
 * RESERVED for whoever has SHARED already. SQLite itself does not wait for it, since two who did would wait for each
 * other; here the other one gives up after `lockTimeoutMs`.
 *
 * @returns false where it did not come
 */
function reserve(database: Database): boolean {
  const pauseMs = 1;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < 4 * lockTimeoutMs; waitedMs += pauseMs) {
    try {
      if (!database.inTransaction) database.exec("begin immediate");
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      Atomics.wait(pause, 0, 0, pauseMs);
    }
  }
  return false;
}

function directoryInUse(database: Database): AkiDbError {
  if (database.inTransaction) database.exec("rollback");
  const holder = lastHolder(database);
  const by = holder === undefined ? "another process" : describeLockHolder(holder);
  return failedPrecondition(`data directory is in use by ${by}`);
}

/** Nobody else's business: it has documents, and hashes of passwords. */
function makeDirectory(directory: string): void {
  try {
    makeWithParents(directory);
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw failedPrecondition(`the data directory cannot be made: ${reasons[code] ?? code}`);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: "there is a file of its name (EEXIST)",
  ENOTDIR: "a part of its path is a file (ENOTDIR)",
  EACCES: "this user may not write there (EACCES)",
  EROFS: "the file system is read-only (EROFS)",
  ENOSPC: "the disk is full (ENOSPC)",
};

/** What `recursive` does, which never returns where a parent is there and takes no directory, as in /proc (Node 24). */
function makeWithParents(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(directory);
    if (code !== "ENOENT" || parent === directory) throw error;
    makeWithParents(parent);
    mkdirSync(directory, { mode: 0o700 });
  }
}
