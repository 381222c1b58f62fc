import { unavailable } from "@akidb/base";
import Sqlite from "better-sqlite3";
import { DamagedFileError } from "../../damagedFileError.ts";

/** Not the file's fault: it may be whole. */
const deviceCodes = [
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_CANTOPEN",
  "SQLITE_READONLY",
  "SQLITE_PERM",
  "SQLITE_NOMEM",
];

/** Extended codes begin with the primary one. */
const primaryOf = (code: string): string | undefined =>
  deviceCodes.find((device) => code === device || code.startsWith(`${device}_`));

/** Whatever else SQLite says of statements that are known to be right, the file is to blame for. */
export function translateDocumentError(error: unknown, file: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const { code, message } = error;
  const primary = primaryOf(code);
  if (primary === undefined) return new DamagedFileError(file, `SQLite says "${message}" (${code})`);
  if (primary === "SQLITE_FULL") {
    return unavailable(`the disk of ${file} is full`, { retryAfterMs: 1_000, cause: error });
  }
  return unavailable(`${file} cannot be read or written (${code})`, { retryAfterMs: 1_000, cause: error });
}
