import type { Migration } from "../migration.ts";
import { now } from "./clauses.ts";
import { type ChecksummedTable, rowChecksumOf, rowChecksumTriggers } from "./rowChecksumTriggers.ts";

const collections: ChecksummedTable = {
  table: "collections",
  key: ["collection_id"],
  columns: [
    ...["collection_id", "database_id", "name", "dimension", "metric", "embedding_model", "hnsw_m"],
    ...["hnsw_ef_construction", "max_doc_count", "tiering_policy", "replica_factor"],
    ...["wal_retention_seconds", "sync_policy", "quantization", "payload_indexes"],
    ...["created_at", "updated_at", "text_language"],
  ],
};

const before = ["none", "english"];
const after = [
  ...before,
  ...["arabic", "armenian", "basque", "catalan", "czech", "danish", "dutch", "esperanto", "estonian"],
  ...["finnish", "french", "german", "greek", "hungarian", "indonesian", "irish", "italian", "lithuanian"],
  ...["norwegian", "persian", "polish", "portuguese", "romanian", "russian", "serbian", "sesotho"],
  ...["spanish", "swedish", "turkish"],
];

/** SQLite changes no constraint of a column, so another column takes its place: the last one, as it was. */
const allowing = (languages: readonly string[]): string => {
  const names = languages.map((language) => `'${language}'`).join(", ");
  return `
drop trigger collections_checksum_begins;
drop trigger collections_checksum_follows;
drop trigger collections_updated_at_follows;
alter table collections rename column text_language to text_language_before;
alter table collections add column text_language text not null default 'none'
  constraint "text_index.language" check (text_language in (${names}));
update collections set text_language = text_language_before where text_language_before in (${names});
alter table collections drop column text_language_before;
update collections set row_crc32c = ${rowChecksumOf(collections)};
create trigger collections_updated_at_follows after update of ${collections.columns.join(", ")} on collections
when new.updated_at is old.updated_at
begin
  update collections set updated_at = ${now} where collection_id = new.collection_id;
end;
${rowChecksumTriggers(collections)}`;
};

/** Who goes back has full texts without word forms where the version before knows none: they are made anew as such. */
export const moreTextLanguages: Migration = {
  version: 5,
  name: "more-text-languages",
  up: allowing(after),
  down: allowing(before),
};
