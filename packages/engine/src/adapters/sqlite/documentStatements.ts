import type { Database, Statement } from "better-sqlite3";

/** Columns of a document but its id, in the order of {@link DocumentColumns}. */
const columns = "key, external_id, inserted_at, updated_at, version, checksum, metadata, text";

/** As SQLite has them: of a damaged file anything may come. */
export type DocumentColumns = readonly [
  key: unknown,
  externalId: unknown,
  insertedAtMs: unknown,
  updatedAtMs: unknown,
  version: unknown,
  checksum: unknown,
  metadata: unknown,
  text: unknown,
];

export type StateColumns = readonly [
  appliedLsn: unknown,
  nextKey: unknown,
  documentCount: unknown,
  checksum: unknown,
];

export type DocumentInsert = Statement<
  [
    key: number,
    id: Uint8Array,
    externalId: string | null,
    insertedAtMs: number,
    updatedAtMs: number,
    version: number,
    checksum: number,
    metadata: string | null,
    text: string | null,
  ]
>;

/** Of a connection that reads. */
export interface DocumentReadStatements {
  readonly read: Statement<[id: Uint8Array], DocumentColumns>;
  readonly readState: Statement<[], StateColumns>;
}

/** Of a connection that writes: an idle collection reads at most, and each statement takes some KiB. */
export interface DocumentWriteStatements {
  readonly begin: Statement<[]>;
  readonly commit: Statement<[]>;
  readonly rollback: Statement<[]>;
  readonly remove: Statement<[id: Uint8Array]>;
  /** Changes nothing where the id or the external id is there already. */
  readonly insertNew: DocumentInsert;
  readonly insert: DocumentInsert;
  readonly writeState: Statement<
    [appliedLsn: number, nextKey: number, documentCount: number, checksum: number]
  >;
}

const insertedValues = `(key, id, external_id, inserted_at, updated_at, version, checksum, metadata, text)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** @throws SqliteError where the tables are not there */
export const prepareReadStatements = (database: Database): DocumentReadStatements => ({
  read: database
    .prepare<[id: Uint8Array], DocumentColumns>(`select ${columns} from documents where id = ?`)
    .raw(),
  readState: database
    .prepare<[], StateColumns>(
      "select applied_lsn, next_key, document_count, checksum from state where only = 0",
    )
    .raw(),
});

/** @throws SqliteError where the tables are not there */
export const prepareWriteStatements = (database: Database): DocumentWriteStatements => ({
  begin: database.prepare("begin immediate"),
  commit: database.prepare("commit"),
  rollback: database.prepare("rollback"),
  remove: database.prepare("delete from documents where id = ?"),
  insertNew: database.prepare(`insert or ignore into documents ${insertedValues}`),
  insert: database.prepare(`insert into documents ${insertedValues}`),
  writeState: database.prepare(
    `insert into state (only, applied_lsn, next_key, document_count, checksum) values (0, ?, ?, ?, ?)
     on conflict (only) do update set applied_lsn = excluded.applied_lsn, next_key = excluded.next_key,
       document_count = excluded.document_count, checksum = excluded.checksum`,
  ),
});

/** In the order of the table. */
export const prepareIds = (database: Database): Statement<[], Uint8Array> =>
  database.prepare<[], Uint8Array>("select id from documents not indexed").pluck();

export type DocumentScan = Statement<
  [firstKey: number, lastKey: number],
  readonly [id: unknown, ...DocumentColumns]
>;

/** Documents with their ids, by key: the way of a salvage, which uses no index. */
export const prepareScan = (database: Database): DocumentScan =>
  database
    .prepare<[firstKey: number, lastKey: number], readonly [id: unknown, ...DocumentColumns]>(
      `select id, ${columns} from documents not indexed where key between ? and ? order by key`,
    )
    .raw();
