import { basename } from "node:path";
import { type AuditPosition, failedPrecondition } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { VerifiedAuditLog } from "../auditVerification.ts";
import { checkCatalogOwner } from "../sqlite/checkCatalogFile.ts";
import { translateOpenError } from "../sqlite/translateOpenError.ts";
import { walkAuditChain } from "../sqlite/walkAuditChain.ts";

export interface AuditLogVerification {
  /** Of the catalog; it may be open elsewhere. */
  readonly path: string;
  /** The newest entry as it was noted at an earlier time, outside of the catalog. */
  readonly knownPosition?: AuditPosition;
}

/**
 * Recomputes the chain of the audit log as it is at one moment, through a connection that cannot write. About 8 µs an
 * entry, in one go: not for a thread that serves.
 *
 * @throws `failed_precondition` for a file that is no catalog, or has no audit log yet
 */
export function verifyAuditLog({ path, knownPosition }: AuditLogVerification): VerifiedAuditLog {
  const file = basename(path);
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    checkCatalogOwner(database, file);
    database.exec("begin");
    const table = database.prepare("select 1 from sqlite_schema where name = 'audit_chain'").get();
    if (table === undefined) throw failedPrecondition(`${file} has no audit log: migrate it first`);
    return walkAuditChain(database, knownPosition);
  } catch (error) {
    throw translateOpenError(error, file);
  } finally {
    database?.close();
  }
}
