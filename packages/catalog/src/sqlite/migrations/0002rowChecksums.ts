import type { Migration } from "../migration.ts";
import { type ChecksummedTable, rowChecksumOf, rowChecksumTriggers } from "./rowChecksumTriggers.ts";

const now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

const timeColumns = ["created_at", "updated_at"];

const tables: readonly ChecksummedTable[] = [
  {
    table: "tenants",
    key: ["tenant_id"],
    columns: [
      ...["tenant_id", "external_id", "name", "slug", "status", "memory_quota_bytes", "storage_quota_bytes"],
      ...["qps_quota", "metadata", ...timeColumns],
    ],
  },
  {
    table: "databases",
    key: ["database_id"],
    columns: [
      ...["database_id", "tenant_id", "name", "description", "state", "schema_version"],
      ...timeColumns,
    ],
  },
  {
    table: "collections",
    key: ["collection_id"],
    columns: [
      ...["collection_id", "database_id", "name", "dimension", "metric", "embedding_model", "hnsw_m"],
      ...["hnsw_ef_construction", "max_doc_count", "tiering_policy", "replica_factor"],
      ...["wal_retention_seconds", "sync_policy", "quantization", "payload_indexes", ...timeColumns],
    ],
  },
];

const timeTrigger = ({ table, key: [id] }: ChecksummedTable, event: string): string => `
create trigger ${table}_updated_at_follows after ${event} on ${table}
when new.updated_at is old.updated_at
begin
  update ${table} set updated_at = ${now} where ${id} = new.${id};
end;
`;

const up = (checksummed: ChecksummedTable): string => {
  const { table, columns } = checksummed;
  return `
alter table ${table} add column row_crc32c integer;
drop trigger ${table}_updated_at_follows;
update ${table} set row_crc32c = ${rowChecksumOf(checksummed)};
-- A checksum that follows is no change of the row.
${timeTrigger(checksummed, `update of ${columns.join(", ")}`)}
${rowChecksumTriggers(checksummed)}`;
};

const down = (checksummed: ChecksummedTable): string => {
  const { table } = checksummed;
  return `
drop trigger ${table}_checksum_begins;
drop trigger ${table}_checksum_follows;
drop trigger ${table}_updated_at_follows;
alter table ${table} drop column row_crc32c;
${timeTrigger(checksummed, "update")}`;
};

export const rowChecksums: Migration = {
  version: 2,
  name: "row-checksums",
  up: tables.map(up).join(""),
  down: tables.map(down).join(""),
};
