import { type DocumentId, idToBytes } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { ResolvedDocument } from "../../collection/mutation.ts";
import { DamagedFileError } from "../../damagedFileError.ts";
import { decodeDocument } from "./documentRow.ts";
import {
  type DocumentReadStatements,
  prepareReading,
  prepareReadStatements,
  type ReadingStatements,
} from "./documentStatements.ts";
import { translateDocumentError } from "./translateDocumentError.ts";

const name = "documents.db";

const cacheKiB = 1_024;

/** A connection that reads the documents of a file which another thread has open and writes. */
export class DocumentReader {
  readonly #database: Database;
  readonly #statements: DocumentReadStatements;
  readonly #reading: ReadingStatements;

  /** @throws DamagedFileError; AkiDbError `unavailable` */
  constructor(path: string) {
    let database: Database | undefined;
    try {
      database = new Sqlite(path, { readonly: true, fileMustExist: true });
      database.pragma(`cache_size = -${cacheKiB}`);
      this.#statements = prepareReadStatements(database);
      this.#reading = prepareReading(database);
      this.#database = database;
    } catch (error) {
      database?.close();
      throw translateDocumentError(error, name);
    }
  }

  /**
   * All of one moment.
   *
   * @throws DamagedFileError where one of them is not there, or not what was written; AkiDbError `unavailable`
   */
  read(ids: readonly DocumentId[]): readonly ResolvedDocument[] {
    try {
      this.#reading.begin.run();
      try {
        return ids.map((id) => this.#read(id));
      } finally {
        this.#reading.end.run();
      }
    } catch (error) {
      throw translateDocumentError(error, name);
    }
  }

  close(): void {
    this.#database.close();
  }

  #read(id: DocumentId): ResolvedDocument {
    const columns = this.#statements.read.get(idToBytes(id));
    const document = columns && decodeDocument(id, columns);
    if (document === undefined) throw new DamagedFileError(name, `document ${id} cannot be read`);
    return document;
  }
}
