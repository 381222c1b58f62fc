import { statSync } from "node:fs";
import { type DocumentId, idFromBytes, idToBytes } from "@akidb/base";
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
  prepareReadState,
  prepareReadStatements,
  prepareWriteStatements,
} from "./documentStatements.ts";
import { translateDocumentError } from "./translateDocumentError.ts";

/** Rows written between two turns of the event loop: about a millisecond. */
const rowsPerSlice = 128;

/** Read at once of the index of expiries: about a millisecond. */
const expirationsPerReading = 1_024;

/** SQLite's page cache of the connection. */
const cacheKiB = 2_048;

/** SQLite moves pages from its log into the file whenever there are so many: 16 MiB. */
const checkpointPages = 4_096;

export interface SqliteDocumentFileOptions {
  readonly path: string;
  /** How the file is called in messages. */
  readonly name: string;
  /** Looks at every page before anything is read. */
  readonly check?: boolean;
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
  readonly #database: Database;
  readonly #reading: DocumentReadStatements;
  #writing: DocumentWriteStatements | undefined;
  /** Prepared with the first use, as the statements that write are. */
  #idsAfter: IdsAfter | undefined;
  #state: DocumentFileState;

  /** @throws DamagedFileError, also for a file of a newer version; AkiDbError `unavailable` */
  constructor({ path, name, check = false }: SqliteDocumentFileOptions) {
    this.path = path;
    this.name = name;
    let database: Database | undefined;
    try {
      database = new Sqlite(path);
      configure(database);
      const { reading, state } = openState(database, name, check);
      this.#reading = reading;
      this.#state = state;
      this.#database = database;
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
    return Math.min(cacheKiB * 1_024, this.bytes);
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
      this.#writing ??= prepareWriteStatements(this.#database);
      const { begin, commit } = this.#writing;
      begin.run();
      const state = await this.#writeChanges(this.#writing, changes, appliedLsn);
      commit.run();
      this.#state = state;
    } catch (error) {
      // Some errors have rolled back already.
      if (this.#database.inTransaction) this.#writing?.rollback.run();
      throw translateDocumentError(error, this.name);
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
    this.#database.close();
  }

  async #writeChanges(
    { remove, insertNew, insert, writeState }: DocumentWriteStatements,
    changes: DocumentChanges,
    appliedLsn: number,
  ): Promise<DocumentFileState> {
    let { nextKey, documentCount } = this.#state;
    let rows = 0;
    const replacing: ResolvedDocument[] = [];
    for (const [id, document] of changes) {
      if (document === undefined) documentCount -= remove.run(idToBytes(id)).changes;
      else if (runInsert(insertNew, nextKey++, document) === 1) documentCount += 1;
      else replacing.push(document);
      if (++rows % rowsPerSlice === 0) await nextTurn();
    }
    // All that goes goes first, so that an external id can pass from one document to another.
    for (const { id } of replacing) {
      documentCount -= remove.run(idToBytes(id)).changes;
      if (++rows % rowsPerSlice === 0) await nextTurn();
    }
    for (const document of replacing) {
      documentCount += runInsert(insert, nextKey++, document);
      if (++rows % rowsPerSlice === 0) await nextTurn();
    }
    const state = { appliedLsn, nextKey, documentCount };
    writeState.run(appliedLsn, nextKey, documentCount, stateChecksum(state));
    return state;
  }
}

const beforeAllIds = new Uint8Array(0);

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

function openState(database: Database, name: string, check: boolean): OpenedState {
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
  if (check) {
    const answer = database.pragma("quick_check(1)", { simple: true });
    if (answer !== "ok") throw new DamagedFileError(name, `SQLite says "${answer}"`);
  }
  const state = decodeState(prepareReadState(database).get());
  if (version < 1 || state === undefined) throw new DamagedFileError(name, "its state fails its checksum");
  if (version < documentSchemaVersion) upgradeDocumentSchema(database);
  const reading = prepareReadStatements(database);
  // Pages that opening needed are read again when somebody reads; until then they are a third of what it takes.
  database.pragma("shrink_memory");
  return { reading, state };
}
