import { type DocumentId, idFromBytes } from "@akidb/base";
import Sqlite, { type Database, type Statement } from "better-sqlite3";
import { DamagedFileError } from "../../damagedFileError.ts";
import type { TextHits } from "../../documents/textReading.ts";
import { BestKeys } from "../../fullText/bestKeys.ts";
import type { FtsExpression } from "../../fullText/ftsExpression.ts";
import { type DocumentFileState, decodeState } from "./documentRow.ts";
import { prepareReadState, type StateColumns } from "./documentStatements.ts";
import { foundTextDamage, TextIndexDamage } from "./textIndexDamage.ts";
import { hasTable, isComplete, readTextState } from "./textSchema.ts";
import { translateDocumentError } from "./translateDocumentError.ts";

/** Rows scored between two turns of the event loop: about two milliseconds. */
const rowsPerSlice = 2_048;

const cacheKiB = 1_024;

export interface TextMoment {
  readonly appliedLsn: number;
  readonly isComplete: boolean;
}

/** A connection that reads the texts of a file as of one LSN at a time. */
export class TextConnection {
  readonly #name: string;
  readonly #database: Database;
  readonly #idOf: Statement<[key: number], Uint8Array>;
  readonly #readState: Statement<[], StateColumns>;
  #found = new BestKeys();

  /** @throws DamagedFileError; AkiDbError `unavailable` */
  constructor(path: string, name: string) {
    this.#name = name;
    let database: Database | undefined;
    try {
      database = new Sqlite(path, { readonly: true, fileMustExist: true });
      database.pragma(`cache_size = -${cacheKiB}`);
      this.#idOf = database
        .prepare<[key: number], Uint8Array>("select id from documents where key = ?")
        .pluck();
      this.#readState = prepareReadState(database);
      this.#database = database;
    } catch (error) {
      database?.close();
      throw translateDocumentError(error, name);
    }
  }

  /** From now on it reads the file as it is now. @throws DamagedFileError; AkiDbError `unavailable` */
  begin(): TextMoment {
    const state = this.#beginReading();
    const texts = this.#reading(() => readTextState(this.#database));
    return { appliedLsn: state.appliedLsn, isComplete: texts === undefined || isComplete(texts) };
  }

  /** @param check called between slices; throws where nobody waits any more */
  async search({ matches, scores }: FtsExpression, check: () => void): Promise<number> {
    if (!this.#reading(() => hasTable(this.#database, "texts"))) return 0;
    const matching = scores === undefined ? undefined : new Set<number>();
    if (matching !== undefined) await this.#each(matches, check, (key) => matching.add(key));
    await this.#each(scores ?? matches, check, (key, rank) => {
      if (matching === undefined || matching.has(key)) this.#found.add(key, -rank);
    });
    return this.#found.count;
  }

  next(count: number): TextHits {
    const { keys, scores } = this.#found.take(count);
    const ids = this.#reading(() =>
      Array.from(keys, (key): DocumentId => {
        const id = this.#idOf.get(key);
        if (id !== undefined) return idFromBytes<"document">(id);
        throw new DamagedFileError(this.#name, "its full text has a document that is not there", {
          isDerived: true,
        });
      }),
    );
    return { ids, scores };
  }

  /** It reads nothing any more, and can begin again. */
  end(): void {
    this.#found = new BestKeys();
    if (this.#database.inTransaction) this.#database.exec("rollback");
  }

  close(): void {
    this.#database.close();
  }

  async #each(
    expression: string,
    check: () => void,
    take: (key: number, rank: number) => void,
  ): Promise<void> {
    const rows = this.#reading(() =>
      this.#database
        .prepare<[match: string], readonly [key: number, rank: number]>(
          "select rowid, bm25(texts) from texts where texts match ?",
        )
        .raw()
        .iterate(expression),
    );
    try {
      for (let row = this.#reading(() => rows.next()), count = 1; row.done !== true; count++) {
        take(...row.value);
        if (count % rowsPerSlice === 0) {
          await nextTurn();
          check();
        }
        row = this.#reading(() => rows.next());
      }
    } finally {
      rows.return?.();
    }
  }

  #beginReading(): DocumentFileState {
    try {
      this.#database.exec("begin");
      const state = decodeState(this.#readState.get());
      if (state === undefined) throw new DamagedFileError(this.#name, "its state fails its checksum");
      return state;
    } catch (error) {
      throw translateDocumentError(error, this.#name);
    }
  }

  #reading<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      const found = foundTextDamage(error);
      if (found instanceof TextIndexDamage) {
        throw new DamagedFileError(this.#name, found.message, { isDerived: true });
      }
      throw found;
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
