import type { Migration } from "../migration.ts";
import { createdAtTrigger, isTimestamp, now, timestampColumns } from "./clauses.ts";
import { type ChecksummedTable, rowChecksumOf, rowChecksumTriggers } from "./rowChecksumTriggers.ts";

const before: ChecksummedTable = {
  table: "collections",
  key: ["collection_id"],
  columns: [
    ...["collection_id", "database_id", "name", "dimension", "metric", "embedding_model", "hnsw_m"],
    ...["hnsw_ef_construction", "max_doc_count", "tiering_policy", "replica_factor"],
    ...["wal_retention_seconds", "sync_policy", "quantization", "payload_indexes"],
    ...["created_at", "updated_at", "text_language", "model_fingerprint"],
  ],
};
const after: ChecksummedTable = { ...before, columns: [...before.columns, "generation"] };

const reembeddingTable: ChecksummedTable = {
  table: "reembeddings",
  key: ["reembedding_id"],
  columns: [
    ...["reembedding_id", "collection_id", "state", "state_reason", "generation", "dimension"],
    ...["embedding_model", "model_fingerprint", "from_generation", "from_dimension"],
    ...["from_embedding_model", "from_model_fingerprint", "keep_until", "created_at", "updated_at"],
  ],
};

const isFingerprint = (column: string): string => `(length(${column}) between 1 and 4096)`;
const isModel = (column: string): string => `(length(${column}) between 1 and 255)`;
const isGeneration = (column: string): string => `(${column} between 0 and 1000000000)`;
const isDimension = (column: string): string => `(${column} between 16 and 4096)`;

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

/**
 * Collections from before are of generation 0. Those of another one have their files where earlier versions do not look, so
 * there is no way back for them.
 */
export const reembeddings: Migration = {
  version: 7,
  name: "reembeddings",
  up: `
create table reembeddings (
  reembedding_id blob not null primary key constraint "id" check (length(reembedding_id) = 16),
  collection_id blob not null references collections (collection_id) on delete cascade,
  state text not null constraint "state" check (state in ('copying', 'paused', 'flipped', 'cancelled')),
  state_reason text constraint "state_reason" check (length(state_reason) between 1 and 10000),
  generation integer not null constraint "generation" check ${isGeneration("generation")},
  dimension integer not null constraint "dimension" check ${isDimension("dimension")},
  embedding_model text constraint "embedding_model" check ${isModel("embedding_model")},
  model_fingerprint text constraint "model_fingerprint" check ${isFingerprint("model_fingerprint")},
  from_generation integer not null constraint "from_generation" check ${isGeneration("from_generation")},
  from_dimension integer not null constraint "from_dimension" check ${isDimension("from_dimension")},
  from_embedding_model text constraint "from_embedding_model" check ${isModel("from_embedding_model")},
  from_model_fingerprint text constraint "from_model_fingerprint" check ${isFingerprint("from_model_fingerprint")},
  keep_until text constraint "keep_until" check ${isTimestamp("keep_until")},
  ${timestampColumns},
  row_crc32c integer,
  constraint "generations" check (generation <> from_generation)
) strict, without rowid;
create index reembeddings_collection on reembeddings (collection_id);
create unique index reembeddings_one_at_a_time on reembeddings (collection_id)
  where state in ('copying', 'paused');
${createdAtTrigger("reembeddings")}
${rowTriggers(reembeddingTable)}
${dropTriggers}
alter table collections add column generation integer not null default 0
  constraint "generation" check ${isGeneration("generation")};
${checksummed(after)}`,
  down: `
create table generations_before (of_all integer not null constraint "generation" check (of_all = 0));
insert into generations_before select generation from collections;
drop table generations_before;
drop table reembeddings;
${dropTriggers}
alter table collections drop column generation;
${checksummed(before)}`,
};
