import { statSync } from "node:fs";
import { type DocumentId, idFromBytes, idToBytes, type TextLanguage } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { ResolvedDocument } from "../../collection/mutation.ts";
import { DamagedFileError } from "../../damagedFileError.ts";
import type { DocumentChanges, DocumentFile } from "../../documents/documentFile.ts";
import {
  type DocumentFileState,
  decodeDocument,
  decodeState,
  documentChecksum,
  stateChecksum,
} from "./documentRow.ts";
import {
  createDocumentSchema,
  documentSchemaVersion,
  schemaVersionOf,
  textSchemaVersion,
  upgradeDocumentSchema,
} from "./documentSchema.ts";
import {
  type DocumentInsert,
  type DocumentReadStatements,
  type DocumentWriteStatements,
  type IdsAfter,
  prepareExpirations,
  prepareIds,
  prepareIdsAfter,
  prepareReading,
  prepareReadState,
  prepareReadStatements,
  prepareWriteStatements,
  type ReadingStatements,
} from "./documentStatements.ts";
import { LocalDocumentTexts } from "./localDocumentTexts.ts";
import { TextIndex } from "./textIndex.ts";
import { isOfTexts, TextIndexDamage } from "./textIndexDamage.ts";
import { translateDocumentError } from "./translateDocumentError.ts";

/** Rows written between two turns of the event loop: about a millisecond. */
const rowsPerSlice = 128;

/** Read at once of the index of expiries: about a millisecond. */
const expirationsPerReading = 1_024;

/** SQLite's page cache of the connection. */
const cacheKiB = 2_048;

/** SQLite's own default. */
const pageBytes = 4_096;

/** SQLite moves pages from its log into the file whenever there are so many: 16 MiB. */
const checkpointPages = 4_096;

export interface SqliteDocumentFileOptions {
  readonly path: string;
  /** How the file is called in messages. */
  readonly name: string;
  /** Looks at every page before anything is read. */
  readonly check?: boolean;
  /** Of its full text; `none` if absent. */
  readonly textLanguage?: TextLanguage;
  /** The full text was found damaged, and is made anew. */
  readonly onTextDamage?: (damage: DamagedFileError) => void;
}

/**
 * Documents in SQLite, with its own log beside the file.
 *
 * `synchronous = normal`: a commit is a write without a sync, so a killed process loses nothing, and a power cut loses the
 * newest commits, never the order or half of one: frames of SQLite's log carry checksums, and its checkpoint syncs the log
 * before it touches the file, and the file before the log is used anew. Durable is what {@link DocumentFile.sync} has
 * seen: a checkpoint to the end of the log.
 */
export class SqliteDocumentFile implements DocumentFile {
  readonly name: string;
  readonly path: string;
  readonly textLanguage: TextLanguage;
  readonly texts: LocalDocumentTexts;
  readonly onTextDamage: (damage: DamagedFileError) => void;
  readonly #database: Database;
  readonly #reading: DocumentReadStatements;
  readonly #textIndex: TextIndex;
  #writing: DocumentWriteStatements | undefined;
  /** Prepared with the first use, as the statements that write are. */
  #idsAfter: IdsAfter | undefined;
  #manyReading: ReadingStatements | undefined;
  #state: DocumentFileState;
  #cacheBytesMax: number;

  /** @throws DamagedFileError, also for a file of a newer version; AkiDbError `unavailable` */
  constructor(options: SqliteDocumentFileOptions) {
    const { path, name, textLanguage = "none" } = options;
    this.onTextDamage = options.onTextDamage ?? (() => {});
    this.path = path;
    this.name = name;
    this.textLanguage = textLanguage;
    let database: Database | undefined;
    try {
      database = new Sqlite(path);
      configure(database);
      this.#textIndex = new TextIndex(database, textLanguage);
      const { reading, state } = openState(database, this.#textIndex, options);
      this.#reading = reading;
      this.#state = state;
      this.#database = database;
      this.#cacheBytesMax = cacheBytesMax(database);
      this.texts = new LocalDocumentTexts({
        file: this,
        index: this.#textIndex,
        transact: (run) => this.#transactTexts(run),
      });
    } catch (error) {
      database?.close();
      throw translateDocumentError(error, name);
    }
  }

  get appliedLsn(): number {
    return this.#state.appliedLsn;
  }

  get count(): number {
    return this.#state.documentCount;
  }

  get bytes(): number {
    return bytesOf(this.path) + bytesOf(`${this.path}-wal`);
  }

  get memoryBytes(): number {
    return this.#cacheBytesMax;
  }

  read(id: DocumentId): ResolvedDocument | undefined {
    let columns: ReturnType<DocumentReadStatements["read"]["get"]>;
    try {
      columns = this.#reading.read.get(idToBytes(id));
    } catch (error) {
      throw translateDocumentError(error, this.name);
    }
    if (columns === undefined) return undefined;
    const document = decodeDocument(id, columns);
    if (document === undefined) throw new DamagedFileError(this.name, `document ${id} fails its checksum`);
    return document;
  }

  readMany(ids: readonly DocumentId[]): readonly (ResolvedDocument | undefined)[] {
    try {
      this.#manyReading ??= prepareReading(this.#database);
      this.#manyReading.begin.run();
      try {
        return ids.map((id) => this.read(id));
      } finally {
        this.#manyReading.end.run();
      }
    } catch (error) {
      throw translateDocumentError(error, this.name);
    }
  }

  ids(): Iterable<DocumentId> {
    try {
      return prepareIds(this.#database)
        .all()
        .map((bytes) => idFromBytes<"document">(bytes));
    } catch (error) {
      throw translateDocumentError(error, this.name);
    }
  }

  *expirations(): Generator<readonly [id: DocumentId, expiresAtMs: number]> {
    try {
      const slice = prepareExpirations(this.#database);
      let [afterId, afterMs]: readonly [Uint8Array, number] = [new Uint8Array(), Number.NEGATIVE_INFINITY];
      for (;;) {
        const rows = slice.all(afterMs, afterId, expirationsPerReading);
        for (const [id, expiresAtMs] of rows) yield [idFromBytes<"document">(id), expiresAtMs];
        if (rows.length < expirationsPerReading) return;
        [afterId, afterMs] = rows.at(-1)!;
      }
    } catch (error) {
      throw translateDocumentError(error, this.name);
    }
  }

  idsAfter(after: DocumentId | undefined, count: number): readonly DocumentId[] {
    try {
      this.#idsAfter ??= prepareIdsAfter(this.#database);
      const bytes = after === undefined ? beforeAllIds : idToBytes(after);
      return this.#idsAfter.all(bytes, count).map((id) => idFromBytes<"document">(id));
    } catch (error) {
      throw translateDocumentError(error, this.name);
    }
  }

  async write(changes: DocumentChanges, appliedLsn: number): Promise<void> {
    try {
      await this.#transact((statements) => this.#writeChanges(statements, changes, appliedLsn));
    } catch (error) {
      if (!(error instanceof TextIndexDamage)) throw translateDocumentError(error, this.name);
      await this.#renewTexts(error);
      await this.write(changes, appliedLsn);
    }
  }

  async sync(): Promise<void> {
    try {
      const [result] = this.#database.pragma("wal_checkpoint(truncate)") as [{ readonly busy: number }];
      if (result.busy !== 0) throw new Sqlite.SqliteError("another connection reads", "SQLITE_BUSY");
    } catch (error) {
      throw translateDocumentError(error, this.name);
    }
  }

  async close(): Promise<void> {
    await this.texts.close();
    this.#database.close();
  }

  /** Of the same LSN before and behind it. */
  async #transactTexts(run: (nextKey: number) => void): Promise<void> {
    try {
      await this.#transact(async () => {
        run(this.#state.nextKey);
        return this.#state;
      });
    } catch (error) {
      if (!(error instanceof TextIndexDamage)) throw translateDocumentError(error, this.name);
      await this.#renewTexts(error);
    }
  }

  /** Undone as a whole where any of it fails. */
  async #transact(run: (statements: DocumentWriteStatements) => Promise<DocumentFileState>): Promise<void> {
    this.#writing ??= prepareWriteStatements(this.#database);
    const { begin, commit, rollback } = this.#writing;
    await this.#textIndex.prepare();
    try {
      begin.run();
      const state = await run(this.#writing);
      commit.run();
      this.#state = state;
      this.#cacheBytesMax = cacheBytesMax(this.#database);
    } catch (error) {
      // Some errors have rolled back already.
      if (this.#database.inTransaction) rollback.run();
      this.#textIndex.forget();
      throw error;
    }
  }

  async #writeChanges(
    statements: DocumentWriteStatements,
    changes: DocumentChanges,
    appliedLsn: number,
  ): Promise<DocumentFileState> {
    let { nextKey, documentCount } = this.#state;
    let rows = 0;
    const replacing: ResolvedDocument[] = [];
    for (const [id, document] of changes) {
      if (document === undefined) documentCount -= this.#remove(statements, id);
      else if (this.#insert(statements.insertNew, nextKey++, document) === 1) documentCount += 1;
      else replacing.push(document);
      if (++rows % rowsPerSlice === 0) await nextTurn();
    }
    // All that goes goes first, so that an external id can pass from one document to another.
    for (const { id } of replacing) {
      documentCount -= this.#remove(statements, id);
      if (++rows % rowsPerSlice === 0) await nextTurn();
    }
    for (const document of replacing) {
      documentCount += this.#insert(statements.insert, nextKey++, document);
      if (++rows % rowsPerSlice === 0) await nextTurn();
    }
    const state = { appliedLsn, nextKey, documentCount };
    statements.writeState.run(appliedLsn, nextKey, documentCount, stateChecksum(state));
    return state;
  }

  /** @returns the number of documents removed */
  #remove({ remove }: DocumentWriteStatements, id: DocumentId): number {
    const removed = remove.get(idToBytes(id));
    if (removed === undefined) return 0;
    const [key, hasText] = removed;
    if (hasText === 1) this.#textIndex.remove(key);
    return 1;
  }

  /** @returns the number of documents inserted */
  #insert(insert: DocumentInsert, key: number, document: ResolvedDocument): number {
    const count = runInsert(insert, key, document);
    if (count === 1 && document.text !== undefined) this.#textIndex.add(key, document.text);
    return count;
  }

  async #renewTexts(damage: TextIndexDamage): Promise<void> {
    this.onTextDamage(textDamage(this.name, damage));
    await this.texts.beginAnew();
  }
}

const beforeAllIds = new Uint8Array(0);

const textDamage = (name: string, { message }: TextIndexDamage): DamagedFileError =>
  new DamagedFileError(name, message, { isDerived: true });

/** @returns the number of rows inserted */
function runInsert(insert: DocumentInsert, key: number, document: ResolvedDocument): number {
  const { id, externalId, insertedAtMs, updatedAtMs, version, metadata, text, expiresAtMs } = document;
  const checksum = documentChecksum(key, document);
  const nullable = [metadata ?? null, text ?? null, expiresAtMs ?? null] as const;
  return insert.run(
    key,
    idToBytes(id),
    externalId ?? null,
    insertedAtMs,
    updatedAtMs,
    version,
    checksum,
    ...nullable,
  ).changes;
}

/** Of all pages, each once: SQLite's log has many of them again and again, and the cache has not. */
function cacheBytesMax(database: Database): number {
  const pageCount = database.pragma("page_count", { simple: true }) as number;
  return Math.min(cacheKiB * 1_024, pageCount * pageBytes);
}

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function configure(database: Database): void {
  database.pragma("journal_mode = wal");
  database.pragma("synchronous = normal");
  database.pragma(`cache_size = -${cacheKiB}`);
  database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
}

const emptyState: DocumentFileState = { appliedLsn: 0, nextKey: 1, documentCount: 0 };

interface OpenedState {
  readonly reading: DocumentReadStatements;
  readonly state: DocumentFileState;
}

function openState(
  database: Database,
  texts: TextIndex,
  { name, check = false, onTextDamage }: SqliteDocumentFileOptions,
): OpenedState {
  const version = schemaVersionOf(database);
  if (version === 0 && database.prepare("select 1 from sqlite_schema").get() === undefined) {
    database.transaction(() => {
      createDocumentSchema(database);
      const { appliedLsn, nextKey, documentCount } = emptyState;
      const { writeState } = prepareWriteStatements(database);
      writeState.run(appliedLsn, nextKey, documentCount, stateChecksum(emptyState));
    })();
    return { reading: prepareReadStatements(database), state: emptyState };
  }
  if (version > documentSchemaVersion) {
    const reason = `has schema version ${version}, written by a newer AkiDB`;
    throw new DamagedFileError(name, reason, { isNewerFormat: true });
  }
  const damage = check ? checkPages(database, name) : undefined;
  const state = decodeState(prepareReadState(database).get());
  if (version < 1 || state === undefined) throw new DamagedFileError(name, "its state fails its checksum");
  if (version < textSchemaVersion) database.transaction(() => texts.beginAnew(state.nextKey))();
  else
    openTexts({
      database,
      texts,
      state,
      damage,
      onDamage: (found) => onTextDamage?.(textDamage(name, found)),
    });
  if (version < documentSchemaVersion) upgradeDocumentSchema(database);
  const reading = prepareReadStatements(database);
  // Pages that opening needed are read again when somebody reads; until then they are a third of what it takes.
  database.pragma("shrink_memory");
  return { reading, state };
}

/** @returns what is wrong with the full text, where nothing else is */
function checkPages(database: Database, name: string): TextIndexDamage | undefined {
  const answers = database.pragma("quick_check(10)") as { readonly quick_check: string }[];
  const problems = answers.map(({ quick_check: answer }) => answer).filter((answer) => answer !== "ok");
  const [first] = problems;
  if (first === undefined) return undefined;
  if (problems.every(isOfTexts)) return new TextIndexDamage(`SQLite says "${first}"`);
  throw new DamagedFileError(name, `SQLite says "${first}"`);
}

interface TextOpening {
  readonly database: Database;
  readonly texts: TextIndex;
  readonly state: DocumentFileState;
  readonly damage: TextIndexDamage | undefined;
  readonly onDamage: (damage: TextIndexDamage) => void;
}

/** One that is damaged, or was made for another language, is begun anew. */
function openTexts({ database, texts, state, damage, onDamage }: TextOpening): void {
  try {
    if (damage !== undefined) throw damage;
    if (!texts.isForeign) return;
  } catch (error) {
    if (!(error instanceof TextIndexDamage)) throw error;
    onDamage(error);
  }
  database.transaction(() => texts.beginAnew(state.nextKey))();
}
