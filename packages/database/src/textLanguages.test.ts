import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AkiDb, Collection, QueryInput, TextLanguage } from "@akidb/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import { open } from "./open.ts";

let directory: string;
let database: AkiDb | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-languages-"));
});
afterEach(async () => {
  await database?.close();
  database = undefined;
  rmSync(directory, { recursive: true });
});

async function reopen(): Promise<AkiDb> {
  await database?.close();
  database = await open({ path: directory });
  return database;
}

const vector = new Float32Array(16).fill(1);

async function filled(language: TextLanguage, texts: readonly string[]): Promise<Collection> {
  const db = database!;
  const info = await db.createCollection({ name: language, dimension: 16, textIndex: { language } });
  expect(info.textIndex).toEqual({ language });
  const documents = texts.map((text, n) => ({ externalId: `${n}`, vector, text, metadata: { n } }));
  await db.collection(language).upsert(documents);
  return db.collection(language);
}

async function found(collection: Collection, fullText: string, more: Partial<QueryInput> = {}) {
  const { matches } = await collection.query({ fullText, topK: 10, ...more });
  return matches.map(({ externalId }) => externalId).sort();
}

const languages: readonly (readonly [TextLanguage, readonly string[], Readonly<Record<string, string[]>>])[] =
  [
    [
      "german",
      ["Die alten Häuser am Fluss", "Ein altes Haus", "Die Straßen der Stadt", "Hausboote"],
      {
        hauses: ["0", "1"],
        HÄUSERN: ["0", "1"],
        '"alter häuser"': ["0", "1"],
        "+haus -fluss": ["1"],
        "strasse OR hausbo*": ["2", "3"],
      },
    ],
    [
      "french",
      ["Les chevaux de la ville", "Un cheval, généralement", "La vie générale", "L’été"],
      { cheval: ["0", "1"], "général AND chevaux": ["1"], "generales général": ["1", "2"], ete: ["3"] },
    ],
    [
      "russian",
      ["Новые книги в библиотеке", "Книга о городе", "Жёлтые дома", "города"],
      { книгами: ["0", "1"], '"новая книга"': ["0"], "желтого дома": ["2"], "книг NOT города": ["0"] },
    ],
  ];

it("texts are found by other forms of their words, and marked as they stand", async () => {
  await reopen();
  for (const [language, texts, queries] of languages) {
    const collection = await filled(language, texts);
    for (const [query, expected] of Object.entries(queries)) {
      expect(await found(collection, query), query).toEqual(expected);
    }
    const [query, expected] = Object.entries(queries)[0]!;
    const filter = { n: { $ne: Number(expected[0]) } };
    expect(await found(collection, query, { filter })).toEqual(expected.slice(1));
  }
  const german = database!.collection("german");
  await german.upsert([{ vector, text: "Es waren <neue> Häuser, und HAUSBOOTE" }]);
  const highlights = async (fullText: string) =>
    (await german.query({ fullText, highlight: true })).matches[0]!.highlights;
  expect(await highlights("neues haus hausbo*")).toEqual([
    "Es waren &lt;<mark>neue</mark>&gt; <mark>Häuser</mark>, und <mark>HAUSBOOTE</mark>",
  ]);
  expect(await highlights('"neue häuser und"')).toEqual([
    "Es waren &lt;<mark>neue&gt; Häuser, und</mark> HAUSBOOTE",
  ]);
});

it("a language goes with its collection: restarts, snapshots, replaced documents", async () => {
  await reopen();
  await filled("german", ["Die Häuser", "Das Haus", "Hausboote"]);
  let db = await reopen();
  const snapshot = await db.collection("german").createSnapshot();
  await db.collection("german").upsert([{ externalId: "0", vector, text: "Wohnungen" }]);
  expect(await found(db.collection("german"), "häuser")).toEqual(["1"]);
  expect(await found(db.collection("german"), "wohnung")).toEqual(["0"]);
  await db.collection("german").restoreSnapshot(snapshot.id, { into: "copy" });
  await db.collection("german").restoreSnapshot(snapshot.id);
  for (let restarts = 0; restarts < 2; restarts++) {
    for (const name of ["german", "copy"]) {
      expect(await found(db.collection(name), "hauses"), name).toEqual(["0", "1"]);
      expect((await db.getCollection(name)).textIndex).toEqual({ language: "german" });
    }
    db = await reopen();
  }
});

it("a language that there is not is refused", async () => {
  const db = await reopen();
  const creation = db.createCollection({
    name: "a",
    dimension: 16,
    textIndex: { language: "klingon" as TextLanguage },
  });
  await expect(creation).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [
      {
        path: "text_index.language",
        detail: expect.stringMatching(/one of none, english, arabic, .*turkish/),
      },
    ],
  });
});
