import type { Migration } from "../migration.ts";

const now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
const digits = (count: number): string => "[0-9]".repeat(count);
const timestampGlob = `'${digits(4)}-${digits(2)}-${digits(2)}T${digits(2)}:${digits(2)}:${digits(2)}.${digits(3)}Z'`;
// Counted in bytes, since neither length() nor GLOB sees what follows a NUL.
const isTimestamp = (column: string): string =>
  `(length(cast(${column} as blob)) = 24 and ${column} glob ${timestampGlob})`;
const isJsonObject = (column: string): string =>
  `(json_valid(${column}) and json_type(${column}) = 'object')`;

const timestampColumns = `
  created_at text not null default (${now}) constraint "created_at" check ${isTimestamp("created_at")},
  updated_at text not null default (${now}) constraint "updated_at" check ${isTimestamp("updated_at")}`;

/** A constraint bears the name of the field as the wire has it, for its violations. */
const tables = `
create table tenants (
  tenant_id blob not null primary key constraint "id" check (length(tenant_id) = 16),
  external_id text unique constraint "external_id" check (length(external_id) between 1 and 255),
  name text not null constraint "name" check (length(name) between 1 and 255),
  slug text not null unique
    constraint "slug" check (length(slug) between 1 and 255 and slug not glob '*[^a-z0-9-]*'),
  status text not null default 'provisioning'
    constraint "status" check (status in ('provisioning', 'active', 'suspended', 'decommissioned')),
  memory_quota_bytes integer not null default 34359738368
    constraint "memory_quota_bytes" check (memory_quota_bytes between 0 and 9007199254740991),
  storage_quota_bytes integer not null default 1099511627776
    constraint "storage_quota_bytes" check (storage_quota_bytes between 0 and 9007199254740991),
  qps_quota integer not null default 200
    constraint "qps_quota" check (qps_quota between 1 and 9007199254740991),
  metadata text not null default '{}' constraint "metadata" check ${isJsonObject("metadata")},
  ${timestampColumns}
) strict, without rowid;

create table databases (
  database_id blob not null primary key constraint "id" check (length(database_id) = 16),
  tenant_id blob not null references tenants (tenant_id) on delete cascade,
  name text not null constraint "name" check (length(name) between 1 and 128),
  description text constraint "description" check (length(description) <= 4096),
  state text not null default 'provisioning'
    constraint "state" check (state in ('provisioning', 'ready', 'migrating', 'deleting')),
  schema_version integer not null default 1
    constraint "schema_version" check (schema_version between 1 and 9007199254740991),
  ${timestampColumns},
  unique (tenant_id, name)
) strict, without rowid;

create table collections (
  collection_id blob not null primary key constraint "id" check (length(collection_id) = 16),
  database_id blob not null references databases (database_id) on delete cascade,
  name text not null constraint "name" check (length(name) between 1 and 128),
  dimension integer not null constraint "dimension" check (dimension between 16 and 4096),
  metric text not null default 'cosine' constraint "metric" check (metric in ('cosine', 'dot', 'l2')),
  embedding_model text constraint "embedding_model" check (length(embedding_model) between 1 and 255),
  hnsw_m integer not null default 32 constraint "hnsw.m" check (hnsw_m between 4 and 64),
  hnsw_ef_construction integer not null default 200
    constraint "hnsw.ef_construction" check (hnsw_ef_construction between max(8, hnsw_m) and 4096),
  max_doc_count integer not null default 50000000
    constraint "max_doc_count" check (max_doc_count between 1 and 4294967294),
  tiering_policy text not null default 'memory'
    constraint "tiering_policy" check (tiering_policy in ('memory', 'memory_s3', 's3_only')),
  replica_factor integer not null default 1
    constraint "replica_factor" check (replica_factor between 1 and 3),
  wal_retention_seconds integer not null default 604800
    constraint "wal_retention_seconds" check (wal_retention_seconds between 0 and 315360000),
  sync_policy text not null default 'continuous'
    constraint "sync_policy" check (sync_policy in ('continuous', 'scheduled', 'manual')),
  quantization text not null default 'int8'
    constraint "quantization" check (quantization in ('none', 'int8', 'binary')),
  payload_indexes text not null default '{}'
    constraint "payload_indexes" check ${isJsonObject("payload_indexes")},
  ${timestampColumns},
  unique (database_id, name)
) strict, without rowid;

-- Pages of one parent's children are cut by id.
create index databases_by_tenant on databases (tenant_id, database_id);
create index collections_by_database on collections (database_id, collection_id);
`;

const timeTriggers = (table: string, id: string): string => `
create trigger ${table}_created_at_stays before update of created_at on ${table}
when new.created_at is not old.created_at
begin
  select raise(abort, '${table}.created_at never changes');
end;

-- Whoever sets updated_at sets another value; an UPDATE that leaves it alone gets the time of the machine.
create trigger ${table}_updated_at_follows after update on ${table}
when new.updated_at is old.updated_at
begin
  update ${table} set updated_at = ${now} where ${id} = new.${id};
end;
`;

/** @param steps each written `old>new` */
const stateTriggers = (table: string, column: string, first: string, steps: readonly string[]): string => `
create trigger ${table}_${column}_begins before insert on ${table}
when new.${column} is not '${first}'
begin
  select raise(abort, 'invalid_state: ${table}.${column} begins as ${first}');
end;

create trigger ${table}_${column}_steps before update of ${column} on ${table}
when new.${column} is not old.${column}
  and old.${column} || '>' || new.${column} not in (${steps.map((step) => `'${step}'`).join(", ")})
begin
  select raise(abort, 'invalid_state: ${table}.${column} has no such step');
end;
`;

export const hierarchy: Migration = {
  version: 1,
  name: "hierarchy",
  up: [
    tables,
    timeTriggers("tenants", "tenant_id"),
    timeTriggers("databases", "database_id"),
    timeTriggers("collections", "collection_id"),
    stateTriggers("tenants", "status", "provisioning", [
      "provisioning>active",
      "active>suspended",
      "suspended>active",
      "suspended>decommissioned",
    ]),
    stateTriggers("databases", "state", "provisioning", [
      "provisioning>ready",
      "ready>migrating",
      "migrating>ready",
      "provisioning>deleting",
      "ready>deleting",
      "migrating>deleting",
    ]),
  ].join(""),
  // A child before its parent; triggers and indexes go with their tables.
  down: "drop table collections; drop table databases; drop table tenants;",
};
