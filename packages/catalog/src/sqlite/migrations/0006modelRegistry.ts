import type { Migration } from "../migration.ts";
import { createdAtTrigger, now, timestampColumns } from "./clauses.ts";
import { type ChecksummedTable, rowChecksumOf, rowChecksumTriggers } from "./rowChecksumTriggers.ts";

const before: ChecksummedTable = {
  table: "collections",
  key: ["collection_id"],
  columns: [
    ...["collection_id", "database_id", "name", "dimension", "metric", "embedding_model", "hnsw_m"],
    ...["hnsw_ef_construction", "max_doc_count", "tiering_policy", "replica_factor"],
    ...["wal_retention_seconds", "sync_policy", "quantization", "payload_indexes"],
    ...["created_at", "updated_at", "text_language"],
  ],
};
const after: ChecksummedTable = { ...before, columns: [...before.columns, "model_fingerprint"] };

const models: ChecksummedTable = {
  table: "models",
  key: ["model_id"],
  columns: [
    ...["model_id", "name", "provider", "dimension", "max_tokens", "fingerprint"],
    ...["created_at", "updated_at"],
  ],
};

const isFingerprint = (column: string): string => `(length(${column}) between 1 and 4096)`;

const dropTriggers = `
drop trigger collections_checksum_begins;
drop trigger collections_checksum_follows;
drop trigger collections_updated_at_follows;`;

/** A checksum that follows is no change of the row. */
const rowTriggers = (checksummed: ChecksummedTable): string => {
  const { table, key, columns } = checksummed;
  return `
create trigger ${table}_updated_at_follows after update of ${columns.join(", ")} on ${table}
when new.updated_at is old.updated_at
begin
  update ${table} set updated_at = ${now} where ${key[0]} = new.${key[0]};
end;
${rowChecksumTriggers(checksummed)}`;
};

/** Of all that is in a row from now on. */
const checksummed = (table: ChecksummedTable): string => `
update collections set row_crc32c = ${rowChecksumOf(table)};
${rowTriggers(table)}`;

/** Collections from before are pinned when a text is embedded for them. */
export const modelRegistry: Migration = {
  version: 6,
  name: "model-registry",
  up: `
create table models (
  model_id blob not null primary key constraint "id" check (length(model_id) = 16),
  name text not null constraint "name" check (length(name) between 1 and 255),
  provider text not null constraint "provider" check (length(provider) between 1 and 64),
  dimension integer not null constraint "dimension" check (dimension between 16 and 4096),
  max_tokens integer constraint "max_tokens" check (max_tokens >= 1),
  fingerprint text not null constraint "fingerprint" check ${isFingerprint("fingerprint")},
  ${timestampColumns},
  row_crc32c integer,
  unique (name, fingerprint)
) strict, without rowid;
${createdAtTrigger("models")}
${rowTriggers(models)}
${dropTriggers}
alter table collections add column model_fingerprint text
  constraint "model_fingerprint" check ${isFingerprint("model_fingerprint")};
${checksummed(after)}`,
  down: `${dropTriggers}
alter table collections drop column model_fingerprint;
${checksummed(before)}
drop table models;`,
};
