import type { Database, Statement } from "better-sqlite3";

/** Columns of a document but its id, in the order of {@link DocumentColumns}. */
const columns = "key, external_id, inserted_at, updated_at, version, checksum, metadata, text, expires_at";

/** The same of a file that is only read, and so is not brought to the newest version. */
function columnsOf(database: Database): string {
  // Of a damaged file the number of its version may be wrong, while the table is what it is.
  const hasExpiry = database
    .prepare("select 1 from pragma_table_info('documents') where name = 'expires_at'")
    .get();
  return hasExpiry === undefined ? columns.replace("expires_at", "null") : columns;
}

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
  expiresAtMs: unknown,
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
    expiresAtMs: number | null,
  ]
>;

/** Of a connection that reads. */
export interface DocumentReadStatements {
  readonly read: Statement<[id: Uint8Array], DocumentColumns>;
}

/** Around many reads: one of its own that each of them would take costs a third of it. Also within a transaction. */
export interface ReadingStatements {
  readonly begin: Statement<[]>;
  readonly end: Statement<[]>;
}

export const prepareReading = (database: Database): ReadingStatements => ({
  begin: database.prepare("savepoint reading"),
  end: database.prepare("release reading"),
});

/** In ascending order, from the index alone. */
export type IdsAfter = Statement<[after: Uint8Array, count: number], Uint8Array>;

/** Of a connection that writes: an idle collection reads at most, and each statement takes some KiB. */
export interface DocumentWriteStatements {
  readonly begin: Statement<[]>;
  readonly commit: Statement<[]>;
  readonly rollback: Statement<[]>;
  /** Tells what was there. */
  readonly remove: Statement<[id: Uint8Array], readonly [key: number, hasText: 0 | 1]>;
  /** Changes nothing where the id or the external id is there already. */
  readonly insertNew: DocumentInsert;
  readonly insert: DocumentInsert;
  readonly writeState: Statement<
    [appliedLsn: number, nextKey: number, documentCount: number, checksum: number]
  >;
}

const insertedValues = `(key, id, external_id, inserted_at, updated_at, version, checksum, metadata, text, expires_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** @throws SqliteError where the tables are not there */
export const prepareReadStatements = (database: Database): DocumentReadStatements => ({
  read: database
    .prepare<[id: Uint8Array], DocumentColumns>(`select ${columns} from documents where id = ?`)
    .raw(),
});

/** @throws SqliteError where the table is not there */
export const prepareReadState = (database: Database): Statement<[], StateColumns> =>
  database
    .prepare<[], StateColumns>(
      "select applied_lsn, next_key, document_count, checksum from state where only = 0",
    )
    .raw();

/** @throws SqliteError where the tables are not there */
export const prepareWriteStatements = (database: Database): DocumentWriteStatements => ({
  begin: database.prepare("begin immediate"),
  commit: database.prepare("commit"),
  rollback: database.prepare("rollback"),
  remove: database
    .prepare<[id: Uint8Array], readonly [key: number, hasText: 0 | 1]>(
      "delete from documents where id = ? returning key, text is not null",
    )
    .raw(),
  insertNew: database.prepare(`insert or ignore into documents ${insertedValues}`),
  insert: database.prepare(`insert into documents ${insertedValues}`),
  writeState: database.prepare(
    `insert into state (only, applied_lsn, next_key, document_count, checksum) values (0, ?, ?, ?, ?)
     on conflict (only) do update set applied_lsn = excluded.applied_lsn, next_key = excluded.next_key,
       document_count = excluded.document_count, checksum = excluded.checksum`,
  ),
});

/** Who expires when, soonest first, from behind one of them on; the index alone is read. */
export const prepareExpirations = (
  database: Database,
): Statement<[afterMs: number, afterId: Uint8Array, limit: number], readonly [Uint8Array, number]> =>
  database
    .prepare<[number, Uint8Array, number], readonly [Uint8Array, number]>(
      `select id, expires_at from documents
         where expires_at is not null and (expires_at, id) > (?, ?) order by expires_at, id limit ?`,
    )
    .raw();

/** In the order of the table. */
export const prepareIds = (database: Database): Statement<[], Uint8Array> =>
  database.prepare<[], Uint8Array>("select id from documents not indexed").pluck();

/** @throws SqliteError where the tables are not there */
export const prepareIdsAfter = (database: Database): IdsAfter =>
  database
    .prepare<[after: Uint8Array, count: number], Uint8Array>(
      "select id from documents where id > ? order by id limit ?",
    )
    .pluck();

export type DocumentScan = Statement<
  [firstKey: number, lastKey: number],
  readonly [id: unknown, ...DocumentColumns]
>;

/** Documents with their ids, by key: the way of a salvage, which uses no index. */
export const prepareScan = (database: Database): DocumentScan =>
  database
    .prepare<[firstKey: number, lastKey: number], readonly [id: unknown, ...DocumentColumns]>(
      `select id, ${columnsOf(database)} from documents not indexed where key between ? and ? order by key`,
    )
    .raw();

/** Documents with their ids, some at a time, by key. */
export const prepareScanSlice = (
  database: Database,
  rowsMax: number,
): Statement<[after: number], readonly [id: unknown, ...DocumentColumns]> =>
  database
    .prepare<[after: number], readonly [id: unknown, ...DocumentColumns]>(
      `select id, ${columnsOf(database)} from documents not indexed where key > ? order by key limit ${rowsMax}`,
    )
    .raw();
