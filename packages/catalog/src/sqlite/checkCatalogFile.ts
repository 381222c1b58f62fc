import { basename } from "node:path";
import { failedPrecondition } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { type CatalogFindings, examineCatalog } from "./examineCatalog.ts";
import { catalogApplicationId, latestVersion, schemaVersion } from "./migrator.ts";
import { translateOpenError } from "./translateOpenError.ts";

/** Of a file that can be opened. */
export type OpenableCatalog = Pick<CatalogFindings, "damagedRows" | "indexes">;

/**
 * Looks at the file, if there is one, through a connection that cannot write: what is refused stays as it is.
 *
 * @throws `failed_precondition` for a file that is damaged as a whole, another program's, or of a newer version
 */
export function checkCatalogFile(path: string): OpenableCatalog {
  const file = basename(path);
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    checkCatalogOwner(database, file);
    const { structure, ...findings } = examineCatalog(database);
    if (structure[0] !== undefined) throw failedPrecondition(`${file} is damaged: ${structure[0]}`);
    return findings;
  } catch (error) {
    if (isAbsent(error)) return { damagedRows: [], indexes: [] };
    throw translateOpenError(error, file);
  } finally {
    database?.close();
  }
}

/** @throws `failed_precondition` for a file that is another program's, or of a newer version */
export function checkCatalogOwner(database: Database, file: string): void {
  const applicationId = database.pragma("application_id", { simple: true });
  const isEmpty = database.prepare("select 1 from sqlite_schema").get() === undefined;
  if (applicationId !== catalogApplicationId && !isEmpty) {
    throw failedPrecondition(`${file} is another program's SQLite database, not an AkiDB catalog`);
  }
  const version = schemaVersion(database);
  if (version > latestVersion) {
    throw failedPrecondition(
      `${file} has schema version ${version}, and this version of AkiDB knows schemas up to ` +
        `${latestVersion}: use the version that wrote it, or a newer one`,
    );
  }
}

/** Whatever else keeps the file from being opened shows when it is opened to be written. */
const isAbsent = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && error.code === "SQLITE_CANTOPEN";
