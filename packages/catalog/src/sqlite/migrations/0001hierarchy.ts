import type { Migration } from "../migration.ts";
import { isJsonObject, stateTriggers, timestampColumns, timeTriggers } from "./clauses.ts";

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
