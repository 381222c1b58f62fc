import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAkiDbError } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { checkDeadLetterTable, readDeadLetters } from "../sqlite/deadLetterRows.ts";
import { translateOpenError } from "../sqlite/translateOpenError.ts";
import { deadLetterFileName } from "./deadLetterFile.ts";

export interface VerifiedDeadLetterFile {
  /** Of the file as a whole. */
  readonly problem: string | undefined;
  /** Rows that are not what was written. */
  readonly damagedCount: number;
}

/**
 * Looks at every page and row of the dead-letter queue through a connection that cannot write.
 *
 * @param directory the data directory
 * @param isLive whether it is open elsewhere
 * @returns undefined where there is none: it is made with the first letter
 * @throws AkiDbError `unavailable` where it is busy
 */
export function verifyDeadLetterFile(directory: string, isLive: boolean): VerifiedDeadLetterFile | undefined {
  const path = join(directory, deadLetterFileName);
  if (!existsSync(path)) return undefined;
  const made = ["-wal", "-shm"].map((suffix) => path + suffix).filter((name) => !existsSync(name));
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    const [first] = database.pragma("quick_check(1)") as readonly { readonly quick_check: string }[];
    if (first?.quick_check !== "ok")
      return { problem: `SQLite says "${first?.quick_check}"`, damagedCount: 0 };
    // As a crash leaves it that ended its making.
    if (database.prepare("select 1 from sqlite_schema").get() === undefined) return nothingWrong;
    checkDeadLetterTable(database, deadLetterFileName);
    return { problem: undefined, damagedCount: readDeadLetters(database).damagedCount };
  } catch (error) {
    const translated = translateOpenError(error, deadLetterFileName);
    if (isAkiDbError(translated) && translated.code === "unavailable") throw translated;
    return { problem: (translated as Error).message, damagedCount: 0 };
  } finally {
    database?.close();
    // What SQLite makes to read a file is of no use any more.
    if (!isLive) for (const name of made) rmSync(name, { force: true });
  }
}

const nothingWrong: VerifiedDeadLetterFile = { problem: undefined, damagedCount: 0 };
