import { existsSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import { translateOpenError } from "../sqlite/translateOpenError.ts";
import { isBusy, lastHolder, lockFilePath } from "./lockFile.ts";
import type { LockHolder } from "./lockHolder.ts";

/** Every command waits as long while a server runs; others who look need it for far less than a millisecond. */
const probeTimeoutMs = 100;

/**
 * Who has the data directory; undefined where nobody has.
 *
 * @throws `failed_precondition` where the lock cannot be read
 */
export function readLockHolder(directory: string): LockHolder | undefined {
  const path = lockFilePath(directory);
  if (!existsSync(path)) return undefined;
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { fileMustExist: true, timeout: probeTimeoutMs });
    if (!isHeld(database)) return undefined;
    return lastHolder(database);
  } catch (error) {
    throw translateOpenError(error, "LOCK");
  } finally {
    database?.close();
  }
}

function isHeld(database: Database): boolean {
  try {
    database.exec("begin exclusive; rollback");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  }
}
