import type { Database } from "better-sqlite3";

/** Raised with every change of the tables; a file of a newer one is refused. */
export const documentSchemaVersion = 1;

const schema = `
  -- A key names one version of one document, and is never used again.
  create table documents (
    key integer primary key,
    id blob not null unique,
    external_id text,
    -- Milliseconds since 1970 UTC.
    inserted_at real not null,
    updated_at real not null,
    version integer not null,
    -- CRC32C of all other columns.
    checksum integer not null,
    metadata text,
    text text
  ) strict;
  create unique index documents_external_id on documents (external_id) where external_id is not null;

  -- One row: the LSN up to which the log has been applied, the next key, the number of documents.
  create table state (
    only integer primary key check (only = 0),
    applied_lsn integer not null,
    next_key integer not null,
    document_count integer not null,
    checksum integer not null
  ) strict;
`;

export function createDocumentSchema(database: Database): void {
  database.exec(schema);
  database.pragma(`user_version = ${documentSchemaVersion}`);
}

export const schemaVersionOf = (database: Database): number =>
  database.pragma("user_version", { simple: true }) as number;
