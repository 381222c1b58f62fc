import {
  AkiDbError,
  failedPrecondition,
  invalidArgument,
  invalidState,
  notFound,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import Sqlite from "better-sqlite3";

/** What a statement was about, so that a broken constraint can be told in the caller's words. */
export interface Subject {
  /** `tenant` */
  readonly noun: string;
  /** Its fields, as the caller knows them. */
  readonly fields: object;
  /** What it belongs to, as a noun phrase. */
  readonly parent?: string;
}

interface UniqueField {
  /** Of the record. */
  readonly field: string;
  /** The same on the wire. */
  readonly path: string;
}

/** The field whose value has to be unique, by what SQLite names. */
const uniqueFields: ReadonlyMap<string, UniqueField> = new Map([
  ["tenants.slug", { field: "slug", path: "slug" }],
  ["tenants.external_id", { field: "externalId", path: "external_id" }],
  ["databases.tenant_id, databases.name", { field: "name", path: "name" }],
  ["collections.database_id, collections.name", { field: "name", path: "name" }],
  ["users.tenant_id, users.email", { field: "email", path: "email" }],
  ["policies.tenant_id, policies.name", { field: "name", path: "name" }],
]);

/** No text of SQLite's reaches a caller; it stays in `cause`. What is not SQLite's is returned as it is. */
export function translateSqliteError(error: unknown, subject: Subject | undefined): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const about = error.message.slice(error.message.indexOf(": ") + 2);
  switch (error.code) {
    case "SQLITE_CONSTRAINT_UNIQUE": {
      const field = uniqueFields.get(about);
      if (field === undefined || subject === undefined) return toAkiDbError(error);
      return nameTaken(subject, field);
    }
    case "SQLITE_CONSTRAINT_FOREIGNKEY":
      return subject?.parent === undefined ? toAkiDbError(error) : notFound(subject.parent);
    case "SQLITE_CONSTRAINT_CHECK":
      return invalidArgument(about, "is out of range");
    case "SQLITE_CONSTRAINT_TRIGGER":
      return error.message.startsWith("invalid_state: ") ? invalidState(about) : toAkiDbError(error);
    case "SQLITE_BUSY":
    case "SQLITE_BUSY_SNAPSHOT":
      return unavailable("the catalog is busy", { retryAfterMs: 1_000, cause: error });
    case "SQLITE_READONLY":
      return failedPrecondition("the catalog is open for reading only");
    case "SQLITE_FULL":
      return unavailable("the disk of the catalog is full", { cause: error });
    default:
      return toAkiDbError(error);
  }
}

function nameTaken({ noun, fields }: Subject, { field, path }: UniqueField): AkiDbError {
  const value = JSON.stringify((fields as Readonly<Record<string, unknown>>)[field]);
  const what = path === "name" ? `${noun} ${value}` : `${noun} with ${path} ${value}`;
  return new AkiDbError("already_exists", `${what} already exists`, {
    violations: [{ path, detail: `${value} is taken` }],
  });
}
