import type { Database } from "better-sqlite3";

/** Raised with every change of the tables; a file of a newer one is refused. */
export const documentSchemaVersion = 3;

/** The first version with a full text, which has tables of its own, made with the first text. */
export const textSchemaVersion = 3;

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
    text text,
    -- Milliseconds since 1970 UTC; null: never.
    expires_at real
  ) strict;
  create unique index documents_external_id on documents (external_id) where external_id is not null;
  -- Who starts reads of the documents no more than that; no document is in it that has no expiry.
  create index documents_expires_at on documents (expires_at, id) where expires_at is not null;

  -- One row: the LSN up to which the log has been applied, the next key, the number of documents.
  create table state (
    only integer primary key check (only = 0),
    applied_lsn integer not null,
    next_key integer not null,
    document_count integer not null,
    checksum integer not null
  ) strict;
`;

/** Each takes the tables from one version to the next, the first of them from version 1. */
const upgrades: readonly string[] = [
  `alter table documents add column expires_at real;
   create index documents_expires_at on documents (expires_at, id) where expires_at is not null;`,
  // Whoever upgrades has begun the full text anew before.
  "",
];

/** From an older version, step by step, in one transaction. */
export function upgradeDocumentSchema(database: Database): void {
  database.transaction(() => {
    for (const upgrade of upgrades.slice(schemaVersionOf(database) - 1)) database.exec(upgrade);
    database.pragma(`user_version = ${documentSchemaVersion}`);
  })();
}

export function createDocumentSchema(database: Database): void {
  database.exec(schema);
  database.pragma(`user_version = ${documentSchemaVersion}`);
}

export const schemaVersionOf = (database: Database): number =>
  database.pragma("user_version", { simple: true }) as number;
