import { crc32 } from "@node-rs/crc32";
import Sqlite, { type Database } from "better-sqlite3";
import { languageOfForms } from "../../fullText/stemmedLanguage.ts";
import { wordFormsOf } from "../../fullText/wordForms.ts";
import { foundTextDamage, TextIndexDamage } from "./textIndexDamage.ts";
import { hasTable, readTextState, type TextState, textTable } from "./textSchema.ts";

/** Texts tokenized anew between two turns of the event loop. */
const charactersPerSlice = 256 * 1_024;
const rowsPerSlice = 512;
const wordsPerSlice = 20_000;

/**
 * Compares the full text word by word with that of a new one: FTS5's own check does not look at the texts where it has
 * none of its own. A few million words a second.
 *
 * @returns what is wrong with it
 */
export async function verifyTexts(database: Database): Promise<string | undefined> {
  try {
    const state = readTextState(database);
    // Of other stems than there are here: made anew when it is opened.
    if (state !== undefined && languageOfForms(state.forms) === undefined) return undefined;
    const expected = await wordsOfTexts(database, state);
    const actual =
      state !== undefined && hasTable(database, "texts") ? await wordsOf(database, "texts") : noWords;
    if (expected.count === actual.count && expected.sum === actual.sum) return undefined;
    return `its full text has ${actual.count} words where its documents have ${expected.count}, or not the same ones`;
  } catch (error) {
    const damage = foundTextDamage(error);
    if (damage instanceof TextIndexDamage) return damage.message;
    throw damage;
  }
}

/** A number that says which words stand where, in whatever order they are counted. */
interface Words {
  readonly count: number;
  readonly sum: number;
}

const noWords: Words = { count: 0, sum: 0 };

async function wordsOf(database: Database, table: string): Promise<Words> {
  database.exec(
    `create virtual table if not exists temp.${table}_words using fts5vocab(main, ${table}, 'instance')`,
  );
  const rows = database
    .prepare<[], readonly [term: string, key: number, offset: number]>(
      `select term, doc, offset from temp.${table}_words`,
    )
    .raw()
    .iterate();
  let [count, sum, lastTerm, termHash] = [0, 0, "", 0];
  for (const [term, key, offset] of rows) {
    if (term !== lastTerm) [lastTerm, termHash] = [term, crc32(term)];
    sum = (sum + mixed(termHash, key, offset)) % Number.MAX_SAFE_INTEGER;
    count += 1;
    if (count % wordsPerSlice === 0) await nextTurn();
  }
  return { count, sum };
}

async function wordsOfTexts(database: Database, state: TextState | undefined): Promise<Words> {
  const { forms: name = "none", pendingFrom = 0, pendingTo = 0 } = state ?? {};
  const language = languageOfForms(name) ?? "none";
  const forms = await wordFormsOf(language);
  const scratch = new Sqlite(":memory:");
  try {
    scratch.exec(textTable("texts", language));
    const add = scratch.prepare("insert into texts (rowid, text) values (?, ?)");
    let total = noWords;
    let characters = 0;
    const count = async () => {
      const { count: words, sum } = await wordsOf(scratch, "texts");
      total = { count: total.count + words, sum: (total.sum + sum) % Number.MAX_SAFE_INTEGER };
      scratch.exec("insert into texts (texts) values ('delete-all')");
      characters = 0;
    };
    const slice = database
      .prepare<[after: number], readonly [key: number, text: string | null]>(
        `select key, text from documents not indexed where key > ? order by key limit ${rowsPerSlice}`,
      )
      .raw();
    for (let rows = slice.all(0); rows.length > 0; rows = slice.all(rows.at(-1)![0])) {
      for (const [key, text] of rows) {
        if (text === null || (key >= pendingFrom && key < pendingTo)) continue;
        add.run(key, forms.formOf(text));
        characters += text.length;
      }
      if (characters > charactersPerSlice) await count();
    }
    await count();
    return total;
  } finally {
    scratch.close();
  }
}

/** Spreads the three over 32 bits (the finisher of MurmurHash3). */
function mixed(term: number, key: number, offset: number): number {
  let hash = term ^ Math.imul(key, 0x9e37_79b1) ^ Math.imul(offset, 0x85eb_ca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
