import type { TextLanguage } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import type { Database } from "better-sqlite3";
import { TextIndexDamage } from "./textIndexDamage.ts";

/** What the full text of a file has. Neither it nor the index is there before there is a text. */
export interface TextState {
  /** What their words are written as, in the words of `nameOfForms`. */
  readonly forms: string;
  /** Texts with keys from here on are not in the index yet… */
  readonly pendingFrom: number;
  /** …up to here; everything behind it is. */
  readonly pendingTo: number;
}

const words = "unicode61 remove_diacritics 2";

/** Stems of English are SQLite's own, by Porter's rules; those of other languages stand in the texts already. */
const tokenizerOf = (language: TextLanguage): string => (language === "english" ? `porter ${words}` : words);

/**
 * Without the texts themselves, which `documents` has: a row of the index goes by its key alone, so no damaged text can
 * mislead it. Positions are kept for phrases, lengths for BM25.
 */
export const textTable = (name: string, language: TextLanguage): string =>
  `create virtual table ${name} using fts5(text, content = '', contentless_delete = 1,
     tokenize = '${tokenizerOf(language)}')`;

/** The same, with the texts: for marking what matches in a few of them. */
export const markedTable = (name: string, language: TextLanguage): string =>
  `create virtual table ${name} using fts5(text, tokenize = '${tokenizerOf(language)}')`;

const stateTable = `
  create table if not exists text_state (
    only integer primary key check (only = 0),
    language text not null,
    pending_from integer not null,
    pending_to integer not null,
    -- CRC32C of all other columns.
    checksum integer not null
  ) strict`;

export const hasTable = (database: Database, name: string): boolean =>
  database.prepare("select 1 from sqlite_schema where name = ?").get(name) !== undefined;

/**
 * @returns undefined where no text has been written
 * @throws SqliteError; TextIndexDamage
 */
export function readTextState(database: Database): TextState | undefined {
  if (!hasTable(database, "text_state")) return undefined;
  const columns = database
    .prepare<[], readonly [unknown, unknown, unknown, unknown]>(
      "select language, pending_from, pending_to, checksum from text_state where only = 0",
    )
    .raw()
    .get();
  const [forms, pendingFrom, pendingTo, checksum] = columns ?? [];
  const state = { forms, pendingFrom, pendingTo } as TextState;
  if (checksum !== checksumOf(state)) throw new TextIndexDamage("its state fails its checksum");
  return state;
}

export function writeTextState(database: Database, state: TextState): void {
  database.exec(stateTable);
  database
    .prepare(
      "insert or replace into text_state (only, language, pending_from, pending_to, checksum) values (0, ?, ?, ?, ?)",
    )
    .run(state.forms, state.pendingFrom, state.pendingTo, checksumOf(state));
}

export const isComplete = ({ pendingFrom, pendingTo }: TextState): boolean => pendingFrom >= pendingTo;

const checksumOf = ({ forms, pendingFrom, pendingTo }: TextState): number =>
  crc32c(`${forms} ${pendingFrom} ${pendingTo}`);
