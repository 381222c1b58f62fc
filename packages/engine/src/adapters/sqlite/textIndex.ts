import { assert, type TextLanguage } from "@akidb/base";
import type { Database, Statement } from "better-sqlite3";
import { nameOfForms } from "../../fullText/stemmedLanguage.ts";
import { type WordForms, wordFormsOf } from "../../fullText/wordForms.ts";
import { foundTextDamage } from "./textIndexDamage.ts";
import {
  hasTable,
  isComplete,
  readTextState,
  type TextState,
  textTable,
  writeTextState,
} from "./textSchema.ts";

/** Segments of one level before FTS5 merges them; its own 4 would write a text more often than it need be. */
const automergeSegments = 8;

/** Rows looked at in one step of {@link TextIndex.indexSome}, and characters of texts after which it ends. */
const rowsPerStep = 1_024;
const charactersPerStep = 512 * 1_024;

/**
 * The full text of a file of documents, by the keys of their rows: written in the transactions of the documents
 * themselves, so that it is of the same LSN. Made with the first text that is written; of a file from before, or one that
 * was damaged, made anew step by step.
 */
export class TextIndex {
  readonly #database: Database;
  readonly #language: TextLanguage;
  #forms: WordForms | undefined;
  /** Undefined where there is no text; unknown before it was read. */
  #state: TextState | undefined | "unknown" = "unknown";
  #addText: Statement<[key: number, text: string]> | undefined;
  #removeText: Statement<[key: number]> | undefined;

  /** Reads nothing yet. */
  constructor(database: Database, language: TextLanguage) {
    this.#database = database;
    this.#language = language;
  }

  /** @throws SqliteError; TextIndexDamage */
  get isComplete(): boolean {
    const state = this.#read();
    return state === undefined || isComplete(state);
  }

  /** Whether it was made for another language than the collection's, or with other stems. @throws SqliteError; TextIndexDamage */
  get isForeign(): boolean {
    const state = this.#read();
    return state !== undefined && state.forms !== nameOfForms(this.#language);
  }

  /** To read again how it is: after a transaction that was undone. */
  forget(): void {
    this.#addText = undefined;
    this.#removeText = undefined;
    this.#state = "unknown";
  }

  /** To be called before anything is added. */
  async prepare(): Promise<void> {
    this.#forms ??= await wordFormsOf(this.#language);
  }

  /** Within a transaction. @throws TextIndexDamage */
  add(key: number, text: string): void {
    assert(this.#forms !== undefined, "the forms of words are loaded");
    const form = this.#forms.formOf(text);
    this.#sound(() => {
      if (this.#read() === undefined) this.#write({ ...this.#noTexts, pendingTo: 0 });
      this.#addText ??= this.#prepareAdd();
      this.#addText.run(key, form);
    });
  }

  /** Of a document that had a text; within a transaction. @throws TextIndexDamage */
  remove(key: number): void {
    const state = this.#read();
    if (state === undefined || (key >= state.pendingFrom && key < state.pendingTo)) return;
    this.#sound(() => {
      // With nothing but texts that are still to come.
      if (this.#removeText === undefined && !hasTable(this.#database, "texts")) return;
      this.#removeText ??= this.#database.prepare("delete from texts where rowid = ?");
      this.#removeText.run(key);
    });
  }

  /**
   * Makes it of all texts anew, some at a time, by {@link TextIndex.indexSome}; within a transaction.
   *
   * @param nextKey above those of all documents
   * @throws SqliteError where not even that is possible
   */
  beginAnew(nextKey: number): void {
    this.forget();
    this.#database.exec("drop table if exists texts; drop table if exists text_state");
    this.#write({ ...this.#noTexts, pendingTo: nextKey });
  }

  /** The next step towards completeness; within a transaction. @throws SqliteError; TextIndexDamage */
  indexSome(): void {
    const state = this.#read();
    if (state === undefined || isComplete(state)) return;
    const rows = this.#database
      .prepare<[from: number, to: number], readonly [key: number, text: string | null]>(
        `select key, text from documents not indexed where key >= ? and key < ? order by key limit ${rowsPerStep}`,
      )
      .raw()
      .iterate(state.pendingFrom, state.pendingTo);
    // The connection is busy as long as it reads.
    const found: [key: number, text: string][] = [];
    let [characters, count, pendingFrom] = [0, 0, state.pendingTo];
    for (const [key, text] of rows) {
      if (text !== null) found.push([key, text]);
      characters += text?.length ?? 0;
      count += 1;
      if (count < rowsPerStep && characters < charactersPerStep) continue;
      pendingFrom = key + 1;
      break;
    }
    for (const [key, text] of found) this.add(key, text);
    this.#sound(() => this.#write({ ...state, pendingFrom }));
  }

  get #noTexts(): Pick<TextState, "forms" | "pendingFrom"> {
    return { forms: nameOfForms(this.#language), pendingFrom: 0 };
  }

  #prepareAdd(): Statement<[key: number, text: string]> {
    if (!hasTable(this.#database, "texts")) {
      this.#database.exec(textTable("texts", this.#language));
      this.#database.exec(`insert into texts (texts, rank) values ('automerge', ${automergeSegments})`);
    }
    return this.#database.prepare("insert into texts (rowid, text) values (?, ?)");
  }

  #read(): TextState | undefined {
    if (this.#state === "unknown") this.#state = this.#sound(() => readTextState(this.#database));
    return this.#state;
  }

  #write(state: TextState): void {
    writeTextState(this.#database, state);
    this.#state = state;
  }

  #sound<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw foundTextDamage(error);
    }
  }
}
