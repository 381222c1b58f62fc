import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  noDeadline,
  systemClock,
  systemRandom,
  type TextLanguage,
  textLanguages,
  UuidV7Generator,
} from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import Sqlite from "better-sqlite3";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { soughtPhrases } from "../../fullText/ftsExpression.ts";
import { parseFullText } from "../../fullText/parseFullText.ts";
import { wordsOf } from "../../fullText/textForm.ts";
import { SqliteDocumentFile } from "./sqliteDocumentFile.ts";
import { verifyDocumentFile } from "./verifyDocumentFile.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;
let file: SqliteDocumentFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-languages-"));
});
afterEach(async () => {
  await file.close();
  rmSync(directory, { recursive: true });
});

const path = (): string => join(directory, "documents.db");
const open = (textLanguage: TextLanguage): SqliteDocumentFile =>
  new SqliteDocumentFile({ path: path(), name: "documents.db", textLanguage });

async function write(...texts: readonly string[]): Promise<void> {
  const documents = texts.map((text) => ({
    id: ids.next<"document">(),
    externalId: undefined,
    text,
    metadata: undefined,
    insertedAtMs: 1,
    updatedAtMs: 2,
    version: 1,
    expiresAtMs: undefined,
  }));
  await file.write(new Map(documents.map((document) => [document.id, document])), file.appliedLsn + 1);
}

/** The texts that are found, in the order of their writing. */
async function find(query: string): Promise<readonly string[]> {
  const reading = await file.texts.read();
  try {
    const count = await reading.search(parseFullText(query), noDeadline());
    return (await reading.next(count)).ids.toSorted().map((id) => file.read(id)!.text!);
  } finally {
    reading.close();
  }
}

async function marks(query: string, text: string): Promise<readonly string[]> {
  const [pieces] = await file.texts.mark([text], soughtPhrases(parseFullText(query)));
  expect(pieces!.join("")).toBe(text);
  return pieces!.filter((_, index) => index % 2 === 1);
}

const golden = JSON.parse(
  readFileSync(new URL("../../fullText/golden/stems.json", import.meta.url), "utf8"),
) as Partial<Record<TextLanguage, Readonly<Record<string, string>>>>;

describe.each(textLanguages)("a full text in %s", (language) => {
  it("finds and marks each word by all words of its stem, and is as it is verified", async () => {
    file = open(language);
    const stems = Object.entries(golden[language] ?? { house: "house", naïve: "naive", дома: "дома" });
    const texts = stems.map(([word]) => `12 «${word}», ${word.toUpperCase()}`);
    await write(...texts);
    for (const [index, [word, stem]] of stems.entries()) {
      const ofStem = texts.filter((_, other) => stems[other]![1] === stem);
      expect(await find(word)).toEqual(expect.arrayContaining(ofStem));
      expect(await find(`"12 ${word}"`)).toEqual(expect.arrayContaining(ofStem));
      // Somebody who has typed all of it.
      expect(await find(`${word}*`)).toContain(texts[index]);
      if (index > 2) continue;
      expect(await marks(word, texts[index]!)).toContain(word);
      expect(await marks(`"12 ${word}"*`, texts[index]!)).toEqual([`12 «${word}`]);
    }
    const verified = await verifyDocumentFile({ path: path(), isLive: false, onRead: () => {} });
    expect(verified).toMatchObject({ problems: [], textProblem: undefined });
  });
});

describe("texts of a language", () => {
  it.each(["german", "french", "turkish", "greek"] as const)(
    "are found by any of their words (%s)",
    async (language) => {
      file = open(language);
      const letters = [..."aeinrstußäéIİışçήσςΣ", "\u0308", "\u0301"];
      const word = fc.oneof(
        fc.constantFrom(...Object.keys(golden[language]!)),
        fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 9 }),
        fc.string({ unit: "grapheme", maxLength: 4 }),
      );
      const text = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(" "));
      await fc.assert(
        fc.asyncProperty(text, async (whole) => {
          await write(whole);
          for (const sought of wordsOf(whole)) {
            expect(await find(`"${sought}"`)).toContain(whole);
            expect(await find(`"${sought}"*`)).toContain(whole);
          }
          const words = wordsOf(whole).slice(-2).join(" ");
          if (words !== "") expect(await find(`"${words}"`)).toContain(whole);
        }),
        { numRuns: 25 },
      );
      const verified = await verifyDocumentFile({ path: path(), isLive: false, onRead: () => {} });
      expect(verified).toMatchObject({ problems: [], textProblem: undefined });
    },
  );

  it("are told apart by what their stems do not say", async () => {
    file = open("german");
    const texts = ["Die Häuser am See", "Hausmeister gesucht", "Das alte Haus", "Straße"];
    await write(...texts);
    expect(await find("hauses")).toEqual([texts[0], texts[2]]);
    expect(await find("haeuser")).toEqual([texts[0], texts[2]]);
    expect(await find("haus*")).toEqual([texts[0], texts[1], texts[2]]);
    expect(await find("häus* NOT see")).toEqual([texts[1], texts[2]]);
    expect(await find('+haus "altes häuschen"')).toEqual([texts[0], texts[2]]);
    expect(await find('"alten häusern"')).toEqual([texts[2]]);
    expect(await find("straß* OR hausm*")).toEqual([texts[1], texts[3]]);
    expect(await marks("häusern see", texts[0]!)).toEqual(["Häuser", "See"]);
    expect(await marks('"alten häusern"', texts[2]!)).toEqual(["alte Haus"]);
  });

  it("are made anew where the language is another, or the stems were others", async () => {
    file = open("german");
    await write("Häuser");
    for (const language of ["none", "french", "german"] as const) {
      await file.close();
      file = open(language);
      expect(file.texts.isComplete).toBe(false);
      await file.texts.indexSome();
      expect(await find("häusern")).toHaveLength(language === "german" ? 1 : 0);
    }
    await file.close();
    const database = new Sqlite(path());
    const { forms } = database.prepare("select language as forms from text_state").get() as { forms: string };
    expect(forms).toMatch(/^german, Snowball /);
    const other = "german, Snowball 4";
    const range = database.prepare("select pending_from, pending_to from text_state").raw().get() as number[];
    const checksum = crc32c(`${other} ${range.join(" ")}`);
    database.prepare("update text_state set language = ?, checksum = ?").run(other, checksum);
    database.exec("delete from texts where rowid = 1");
    database.close();
    // Nothing is wrong with what this version cannot judge.
    const verified = await verifyDocumentFile({ path: path(), isLive: false, onRead: () => {} });
    expect(verified).toMatchObject({ problems: [], textProblem: undefined });
    file = open("german");
    expect(file.texts.isComplete).toBe(false);
    await file.texts.indexSome();
    expect(await find("haus")).toHaveLength(1);
  });
});
