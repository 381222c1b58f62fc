import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type DeadLetterId, isAkiDbError } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { StoredDeadLetter } from "../deadLetter.ts";
import {
  type DeadLetterStatements,
  prepareDeadLetterStatements,
  prepareDeadLetterTable,
  readDeadLetters,
} from "../sqlite/deadLetterRows.ts";
import { translateOpenError } from "../sqlite/translateOpenError.ts";

export const deadLetterFileName = "dlq.db";

/** SQLite's log and its index of it belong to the file. */
const suffixes = ["-wal", "-shm", ""];

/** What a start finds in the file. */
export interface FoundDeadLetters {
  readonly letters: readonly StoredDeadLetter[];
  /** Rows that failed their checksum, and are gone. */
  readonly damagedCount: number;
  /** The name that the file was given where it was damaged as a whole. */
  readonly putAsideAs: string | undefined;
}

/**
 * The dead-letter queue in one SQLite file, made with the first letter. Letters only name what lies elsewhere, so a commit is
 * not forced to the device: a power cut may lose the newest, and what they named fails anew. A damaged file is put aside for the
 * same reason.
 */
export class DeadLetterFile {
  readonly #directory: string;
  #database: Database | undefined;
  #statements: DeadLetterStatements | undefined;

  /** @param directory the data directory */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Once, before all else.
   *
   * @throws AkiDbError `failed_precondition` for the file of a newer version, or one that cannot be opened
   */
  load(): FoundDeadLetters {
    if (!existsSync(this.#path)) return { letters: [], damagedCount: 0, putAsideAs: undefined };
    try {
      this.#open();
      const found = readDeadLetters(this.#database!);
      if (found.damagedCount > 0) this.#statements?.removeOthers(found.letters);
      return { ...found, putAsideAs: undefined };
    } catch (error) {
      this.close();
      if (!isDamage(error)) throw translateOpenError(error, deadLetterFileName);
      return { letters: [], damagedCount: 0, putAsideAs: this.#putAside() };
    }
  }

  /** @throws AkiDbError, and what SQLite throws, where the disk fails */
  put(letter: StoredDeadLetter): void {
    if (this.#statements === undefined) this.#open();
    this.#statements?.put(letter);
  }

  remove(id: DeadLetterId): void {
    this.#statements?.remove(id);
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#statements = undefined;
  }

  get #path(): string {
    return join(this.#directory, deadLetterFileName);
  }

  #open(): void {
    const database = new Sqlite(this.#path);
    try {
      database.pragma("journal_mode = wal");
      database.pragma("synchronous = normal");
      const [problem] = database.pragma("quick_check(1)", { simple: false }) as { quick_check: string }[];
      if (problem?.quick_check !== "ok") throw new Sqlite.SqliteError("a page is damaged", "SQLITE_CORRUPT");
      prepareDeadLetterTable(database, deadLetterFileName);
      this.#statements = prepareDeadLetterStatements(database);
      this.#database = database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #putAside(): string {
    const names = readdirSync(this.#directory);
    let number = 1;
    while (names.includes(`${deadLetterFileName}.damaged-${number}`)) number += 1;
    const name = `${deadLetterFileName}.damaged-${number}`;
    for (const suffix of suffixes) {
      if (!existsSync(this.#path + suffix)) continue;
      renameSync(this.#path + suffix, join(this.#directory, name + suffix));
    }
    return name;
  }
}

const isDamage = (error: unknown): boolean =>
  !isAkiDbError(error) &&
  error instanceof Sqlite.SqliteError &&
  /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code);
