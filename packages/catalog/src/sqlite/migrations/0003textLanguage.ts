import type { Migration } from "../migration.ts";
import { type ChecksummedTable, rowChecksumOf, rowChecksumTriggers } from "./rowChecksumTriggers.ts";

const now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

const before: ChecksummedTable = {
  table: "collections",
  key: ["collection_id"],
  columns: [
    ...["collection_id", "database_id", "name", "dimension", "metric", "embedding_model", "hnsw_m"],
    ...["hnsw_ef_construction", "max_doc_count", "tiering_policy", "replica_factor"],
    ...[
      "wal_retention_seconds",
      "sync_policy",
      "quantization",
      "payload_indexes",
      "created_at",
      "updated_at",
    ],
  ],
};
const after: ChecksummedTable = { ...before, columns: [...before.columns, "text_language"] };

const dropTriggers = `
drop trigger collections_checksum_begins;
drop trigger collections_checksum_follows;
drop trigger collections_updated_at_follows;`;

/** Of all that is in a row from now on. */
const checksummed = (table: ChecksummedTable): string => `
update collections set row_crc32c = ${rowChecksumOf(table)};
create trigger collections_updated_at_follows after update of ${table.columns.join(", ")} on collections
when new.updated_at is old.updated_at
begin
  update collections set updated_at = ${now} where collection_id = new.collection_id;
end;
${rowChecksumTriggers(table)}`;

/** Collections from before have a full text that knows no word forms. */
export const textLanguage: Migration = {
  version: 3,
  name: "text-language",
  up: `${dropTriggers}
alter table collections add column text_language text not null default 'none'
  constraint "text_index.language" check (text_language in ('none', 'english'));
${checksummed(after)}`,
  down: `${dropTriggers}
alter table collections drop column text_language;
${checksummed(before)}`,
};
