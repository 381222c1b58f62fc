import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DocumentId,
  deadlineAfter,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  type TextLanguage,
  UuidV7Generator,
} from "@akidb/base";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ResolvedDocument } from "../../collection/mutation.ts";
import { DamagedFileError } from "../../damagedFileError.ts";
import type { DocumentFile } from "../../documents/documentFile.ts";
import { DocumentStore } from "../../documents/documentStore.ts";
import { parseFullText } from "../../fullText/parseFullText.ts";
import { plainBm25 } from "../../fullText/plainBm25.test.twin.ts";
import { nodeDisk } from "../nodeDisk.ts";
import { DocumentWriter } from "./documentWriter.ts";
import { openDocumentFile } from "./openDocumentFile.ts";
import { verifyDocumentFile } from "./verifyDocumentFile.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-texts-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const storeOf = (file: DocumentFile) => new DocumentStore({ file, syncLog: async () => {} });

async function open(textLanguage: TextLanguage = "none", damages: DamagedFileError[] = []) {
  const onTextDamage = (error: DamagedFileError) => damages.push(error);
  return (await openDocumentFile({ disk: nodeDisk, directory, textLanguage, onTextDamage })).file;
}

const document = (text: string | undefined, overrides: Partial<ResolvedDocument> = {}): ResolvedDocument => ({
  id: ids.next<"document">(),
  externalId: undefined,
  text,
  metadata: undefined,
  insertedAtMs: 1,
  updatedAtMs: 2,
  version: 1,
  expiresAtMs: undefined,
  ...overrides,
});
const upsert = (...documents: ResolvedDocument[]) =>
  ({ kind: "upsert", documents, vectors: new Float32Array(documents.length) }) as const;

/** Nothing: the tests look at the texts alone. */
const moment = () => ({ [Symbol.dispose]: () => {} });

async function search(store: DocumentStore, query: string, deadline = noDeadline()) {
  using texts = await store.texts.open(moment, deadline);
  const count = await texts.reading.search(parseFullText(query), deadline);
  const { ids: found, scores } = await texts.reading.next(count + 1);
  expect(found.length).toBe(count);
  return found.map((id, rank) => ({ key: id as string, score: scores[rank]! }));
}

const vocabulary = ["a", "bee", "beech", "cat", "dog", "elm", "fox", "gnu", "hen", "ibis"];
const queries = [
  "cat",
  "cat dog",
  "bee*",
  '"cat dog"',
  '"cat bee"*',
  "cat AND dog",
  "cat NOT dog",
  "cat AND NOT (dog OR elm)",
  "+cat dog elm -fox",
  "(+cat dog) OR (hen AND ibis)",
  "+(cat OR elm) +dog gnu",
  "a",
];

const textOf = (random: SeededRandom): string =>
  Array.from({ length: 1 + random.nextInt(12) }, () => vocabulary[random.nextInt(vocabulary.length)]).join(
    " ",
  );

describe.each(["this", "another"])("full text searched in %s thread", (thread) => {
  it("equals a plain BM25 over all texts, whatever was replaced, deleted and reopened", async () => {
    const seed = 17;
    const random = new SeededRandom(seed);
    const writer = new DocumentWriter();
    const openStore = async () => storeOf(thread === "this" ? await open() : writer.writing(await open()));
    let store = await openStore();
    const texts = new Map<string, string>();
    const known: DocumentId[] = [];
    for (let lsn = 1; lsn <= 45; lsn++) {
      const changed = Array.from({ length: 1 + random.nextInt(5) }, () => {
        const id = random.nextInt(3) === 0 ? known[random.nextInt(known.length)] : undefined;
        return document(random.nextInt(6) === 0 ? undefined : textOf(random), id === undefined ? {} : { id });
      });
      const distinct = [...new Map(changed.map((each) => [each.id, each])).values()];
      store.apply(upsert(...distinct), lsn);
      for (const { id, text } of distinct) {
        known.push(id);
        texts.delete(id);
        if (text !== undefined) texts.set(id, text);
      }
      if (lsn % 4 === 0) {
        const gone = known[random.nextInt(known.length)]!;
        store.apply({ kind: "delete", ids: [gone], deletedAtMs: 1 }, ++lsn);
        texts.delete(gone);
      }
      const query = queries[random.nextInt(queries.length)]!;
      const expected = plainBm25(texts, parseFullText(query));
      const found = await search(store, query);
      const context = `seed ${seed}, LSN ${lsn}, ${query}`;
      expect(new Set(found.map(({ key }) => key)), context).toEqual(new Set(expected.map(({ key }) => key)));
      for (const [rank, { score }] of found.entries()) {
        expect(score, context).toBeCloseTo(expected[rank]!.score, 9);
        const own = expected.find(({ key }) => key === found[rank]!.key)!;
        expect(score, context).toBeCloseTo(own.score, 9);
      }
      if (lsn % 15 === 0) {
        await store.close();
        store = await openStore();
      }
    }
    await store.close();
    await writer.close();
  });

  it("is of the moment of the search, while writes go on", async () => {
    const writer = new DocumentWriter();
    const store = storeOf(thread === "this" ? await open() : writer.writing(await open()));
    const first = document("old words");
    store.apply(upsert(first), 1);
    let lsn = 1;
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        const replaced = document(`words of ${lsn}`, { id: first.id });
        store.apply(upsert(replaced, document(`others of ${lsn}`)), ++lsn);
        if (lsn % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        else await store.flush();
      }
    })();
    for (let round = 0; round < 10; round++) {
      const taken: { lsn?: number } = {};
      const take = () => {
        taken.lsn = lsn;
        return moment();
      };
      using texts = await store.texts.open(take, noDeadline());
      expect(texts.reading.appliedLsn).toBe(taken.lsn);
      const count = await texts.reading.search(parseFullText("words others"), noDeadline());
      expect(count).toBe(taken.lsn);
      const { ids: found } = await texts.reading.next(count);
      expect(new Set(found).size).toBe(taken.lsn);
    }
    isWriting = false;
    await writing;
    await store.close();
    await writer.close();
  });
});

describe("a full text", () => {
  it("is not there before there is a text", async () => {
    const store = storeOf(await open());
    store.apply(upsert(document(undefined)), 1);
    expect(await search(store, "anything")).toEqual([]);
    await store.close();
    const database = new Sqlite(join(directory, "documents.db"));
    expect(database.prepare("select name from sqlite_schema where name like 'text%'").all()).toEqual([]);
    database.close();
  });

  it("finds words of other accents, cases and scripts", async () => {
    const store = storeOf(await open());
    const texts = [
      "Crème BRÛLÉE",
      "東京大学に行く",
      "京都大学",
      "naïve ﬁle",
      "Привет, мир",
      "हिन्दी भाषा",
      "tab\0null word",
    ];
    const written = texts.map((text) => document(text));
    store.apply(upsert(...written), 1);
    const found = async (query: string) =>
      (await search(store, query)).map(({ key }) => written.find(({ id }) => id === key)!.text);
    expect(await found("creme")).toEqual([texts[0]]);
    expect(await found("大学")).toEqual(expect.arrayContaining([texts[1], texts[2]]));
    // Some of it, where words are not told apart; all of it as a phrase.
    expect(await found("東京大学")).toEqual([texts[1], texts[2]]);
    expect(await found('"東京大学"')).toEqual([texts[1]]);
    expect(await found("+京都大学")).toEqual([texts[2]]);
    expect(await found("都")).toEqual([texts[2]]);
    expect(await found("мир")).toEqual([texts[4]]);
    expect(await found("हिन्दी")).toEqual([texts[5]]);
    expect(await found('"tab" AND null')).toEqual([texts[6]]);
    await store.close();
  });

  it("knows forms of English words, and is made anew where the language is another", async () => {
    let store = storeOf(await open("english"));
    store.apply(upsert(document("searching engines"), document("a search"), document("nothing")), 1);
    expect(await search(store, "searches")).toHaveLength(2);
    await store.close();
    store = storeOf(await open("none"));
    expect(await search(store, "searches")).toHaveLength(0);
    expect(await search(store, "search")).toHaveLength(1);
    await store.close();
  });

  it("keeps no search waiting longer than its deadline, and the file stays open to others", async () => {
    const store = storeOf(await open());
    store.apply(upsert(...Array.from({ length: 6_000 }, (_, n) => document(`word ${n}`))), 1);
    await store.flush();
    using short = deadlineAfter(systemClock, 0);
    await expect(search(store, "word", short)).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(await search(store, "5999")).toHaveLength(1);
    await store.sync();
    await store.close();
  });

  it("is made behind the writes of a file of an older version", async () => {
    let store = storeOf(await open());
    const texts = Array.from({ length: 3_000 }, (_, n) => document(`word${n % 7} number${n}`));
    store.apply(upsert(...texts), 1);
    await store.close();
    asOfVersion2(join(directory, "documents.db"));
    const writer = new DocumentWriter();
    store = storeOf(writer.writing(await open()));
    // Before, between and behind what is taken up.
    const [first, , third] = texts;
    store.apply(upsert(document("replaced early", { id: first!.id }), document("quite new")), 2);
    store.apply({ kind: "delete", ids: [third!.id], deletedAtMs: 1 }, 3);
    store.texts.catchUp();
    store.apply(upsert(document("replaced", { id: texts[2_999]!.id })), 4);
    expect(await search(store, "number1000")).toHaveLength(1);
    expect(await search(store, "number0 number2 number2999")).toHaveLength(0);
    expect(await search(store, "replaced new")).toHaveLength(3);
    expect(await search(store, "word1")).toHaveLength(429);
    await store.close();
    await writer.close();
    const path = join(directory, "documents.db");
    const verified = await verifyDocumentFile({ path, isLive: false, onRead: () => {} });
    expect(verified).toMatchObject({ problems: [], textProblem: undefined });
  });

  it("goes on where a start was interrupted while it was made", async () => {
    let store = storeOf(await open());
    store.apply(upsert(...Array.from({ length: 5_000 }, (_, n) => document(`word${n}`))), 1);
    await store.close();
    asOfVersion2(join(directory, "documents.db"));
    const file = await open();
    expect(file.texts.isComplete).toBe(false);
    await file.texts.indexSome();
    expect(file.texts.isComplete).toBe(false);
    await file.close();
    store = storeOf(await open());
    expect(await search(store, "word0 word2500 word4999")).toHaveLength(3);
    await store.close();
  });
});

/** What the version before full text left. */
function asOfVersion2(path: string): void {
  const database = new Sqlite(path);
  database.exec("drop table texts; drop table text_state");
  database.pragma("user_version = 2");
  database.close();
}

describe("a damaged full text", () => {
  const path = () => join(directory, "documents.db");

  async function fill() {
    const store = storeOf(await open());
    for (let lsn = 1; lsn <= 20; lsn++) {
      store.apply(
        upsert(...Array.from({ length: 100 }, (_, n) => document(`common word${n} lsn${lsn}`))),
        lsn,
      );
      await store.flush();
    }
    await store.close();
  }

  it.each([
    ["a segment", "update texts_data set block = zeroblob(length(block)) where id > 1000"],
    ["its structure", "update texts_data set block = x'ffffffffffffffff' where id = 10"],
    ["its state", "update text_state set pending_from = 7"],
  ])("is found by %s, named, and made anew without loss", async (_, damaging) => {
    await fill();
    damage(path(), damaging);
    const { problems, textProblem } = await verifyDocumentFile({
      path: path(),
      isLive: false,
      onRead: () => {},
    });
    expect(problems).toEqual([]);
    expect(textProblem).toMatch(/^its full text/);
    const damages: DamagedFileError[] = [];
    const writer = new DocumentWriter();
    const store = storeOf(writer.writing(await open("none", damages)));
    store.apply(upsert(document("common and new")), 21);
    await store.flush();
    let found: unknown = await search(store, "common").catch((error) => error);
    if (found instanceof DamagedFileError) {
      expect(found.isDerived).toBe(true);
      await store.texts.beginAnew();
      found = await search(store, "common");
    } else {
      expect(damages.map(({ isDerived }) => isDerived)).toEqual([true]);
    }
    expect(found).toHaveLength(2_001);
    expect(store.writtenCount).toBe(2_001);
    await store.close();
    await writer.close();
  });

  it("that SQLite takes for whole is found by a verification", async () => {
    await fill();
    // One letter of a word, so that it is another word.
    damage(path(), "update texts_data set block = replace(block, 'common', 'commom') where id > 1000");
    const database = new Sqlite(path());
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    database.close();
    const verified = await verifyDocumentFile({ path: path(), isLive: false, onRead: () => {} });
    expect(verified).toMatchObject({ problems: [], textProblem: expect.stringMatching(/^its full text/) });
  });

  it("is salvaged with the documents", async () => {
    await fill();
    writeFileSync(join(directory, "documents.db.suspect"), "");
    const store = storeOf((await openDocumentFile({ disk: nodeDisk, directory })).file);
    expect(await search(store, "lsn20")).toHaveLength(100);
    await store.close();
  });
});

function damage(path: string, sql: string): void {
  const database = new Sqlite(path);
  database.unsafeMode(true);
  database.exec(sql);
  database.close();
}
