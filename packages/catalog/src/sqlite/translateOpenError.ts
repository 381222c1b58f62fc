import { AkiDbError, failedPrecondition, unavailable } from "@akidb/base";
import Sqlite from "better-sqlite3";

/** @param file its name, without the directory */
export function translateOpenError(error: unknown, file: string): unknown {
  // better-sqlite3 itself looks for the directory.
  if (error instanceof TypeError && error.message.includes("directory does not exist")) {
    return failedPrecondition(`the directory of ${file} does not exist`);
  }
  if (!(error instanceof Sqlite.SqliteError)) return error;
  // Extended codes begin with the primary one.
  const is = (code: string): boolean => error.code === code || error.code.startsWith(`${code}_`);
  const refused = (reason: string): AkiDbError =>
    new AkiDbError("failed_precondition", `${file} ${reason}`, { cause: error });
  if (is("SQLITE_NOTADB") || is("SQLITE_CORRUPT"))
    return refused("is damaged: it is no whole SQLite database");
  if (is("SQLITE_CANTOPEN"))
    return refused("cannot be opened: see whether it is a file that this user may write");
  if (is("SQLITE_READONLY") || is("SQLITE_PERM")) return refused("cannot be written by this user");
  if (is("SQLITE_IOERR")) return refused("cannot be read or written: see whether its disk is sound");
  if (is("SQLITE_BUSY")) return unavailable(`${file} is busy`, { retryAfterMs: 1_000, cause: error });
  if (is("SQLITE_FULL")) return unavailable(`the disk of ${file} is full`, { cause: error });
  return error;
}
