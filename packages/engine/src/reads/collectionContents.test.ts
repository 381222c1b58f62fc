import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type DocumentId,
  type JsonObject,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { Collection, createCollectionFiles } from "../collection/collection.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { AnswerSize } from "./answerSize.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 1 });
let directory: string;
let collection: Collection;

afterAll(() => builders.close());
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-contents-"));
  await createCollectionFiles(options());
  collection = await Collection.open(options());
});
afterEach(async () => {
  await collection.close();
  rmSync(directory, { recursive: true });
});

const options = () => ({
  disk: unsyncedDisk(nodeDisk),
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
  dimension,
  metric: "l2" as const,
  maxDocumentCount: 100_000,
  metadataBytesMax: 10_000,
  recallChecksPerMinute: 0,
  wal: { sync: "never" as const, syncIntervalMs: 5, segmentBytesMax: 1_000_000 },
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 8,
    efConstruction: 50,
    efSearch: 100,
    threshold: 100_000,
    segmentRowsMax: 1_024,
  },
});

async function reopen(): Promise<void> {
  await collection.close();
  collection = await Collection.open(options());
}

/** In no order of time, so that new ones come between those that are there. */
function randomId(random: SeededRandom): DocumentId {
  const hex = Array.from({ length: 32 }, () => random.nextInt(16).toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as DocumentId;
}

const numberedId = (n: number): DocumentId =>
  `00000000-0000-7000-8000-${String(n).padStart(12, "0")}` as DocumentId;

const documentOf = (id: DocumentId, metadata: JsonObject) => ({
  id,
  vector: new Float32Array(dimension).fill(metadata["n"] as number),
  metadata,
});

interface PageOptions {
  readonly filter?: JsonObject | undefined;
  readonly limit: number;
}

async function scrollAll({ filter, limit }: PageOptions, between: () => Promise<void> = async () => {}) {
  const documents: { readonly id: string; readonly metadata: JsonObject; readonly vector: Float32Array }[] =
    [];
  let pageCount = 0;
  for (let after: DocumentId | undefined; ; ) {
    const page = await collection.contents.scroll(
      { filter, after, limit, include: ["metadata", "vector"] },
      noDeadline(),
    );
    pageCount += 1;
    expect(page.documents.length).toBeLessThanOrEqual(limit);
    for (const { id, metadata, vector } of page.documents)
      documents.push({ id, metadata: metadata!, vector: vector! });
    after = page.after;
    if (after === undefined) return { documents, pageCount };
    await between();
  }
}

describe("a scroll", () => {
  it.each([1, 2, 3])(
    "under writes, flushes, compactions and restarts misses and repeats nothing that was there (seed %d)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const filters: readonly (JsonObject | undefined)[] = [
        undefined,
        { n: { $gte: 0 } },
        { n: { $lt: 50 } },
        { n: { $gte: 2 }, odd: true },
        { n: 7 },
      ];
      const model = new Map<DocumentId, JsonObject>();
      let filter: JsonObject | undefined;
      /** Of the scroll that is under way: there, and wanted, since it began. */
      let stable = new Set<DocumentId>();
      const isWanted = (metadata: JsonObject) =>
        filter === undefined || matchesFilter(metadata, parseFilter(filter));
      const write = async (count: number): Promise<void> => {
        const known = [...model.keys()];
        const batch = Array.from({ length: count }, () => {
          const n = random.nextInt(100);
          const id = random.nextInt(3) === 0 ? randomId(random) : known[random.nextInt(known.length)]!;
          return documentOf(id, { n, odd: n % 2 === 1 });
        });
        for (const { id, metadata } of batch) {
          model.set(id, metadata);
          if (!isWanted(metadata)) stable.delete(id);
        }
        await collection.upsert(batch);
      };
      const remove = async (count: number): Promise<void> => {
        const known = [...model.keys()];
        const gone = Array.from({ length: count }, () => known[random.nextInt(known.length)]!);
        for (const id of gone) {
          model.delete(id);
          stable.delete(id);
        }
        await collection.delete(gone);
      };
      let compactionCount = 0;
      let rowCount = 0;
      const act = async (): Promise<void> => {
        if (collection.stats().rowCount < rowCount) compactionCount += 1;
        ({ rowCount } = collection.stats());
        const action = random.nextInt(12);
        if (action < 6) await write(1 + random.nextInt(40));
        else if (action < 9) await remove(1 + random.nextInt(20));
        else if (action === 9) await collection.settle();
        else if (action === 10 && random.nextInt(4) === 0) {
          await reopen();
          ({ rowCount } = collection.stats());
        }
      };
      await collection.upsert(
        Array.from({ length: 1_300 }, () => {
          const n = random.nextInt(100);
          const id = randomId(random);
          model.set(id, { n, odd: n % 2 === 1 });
          return documentOf(id, model.get(id)!);
        }),
      );
      for (filter of filters) {
        stable = new Set([...model].filter(([, metadata]) => isWanted(metadata)).map(([id]) => id));
        const limit = random.nextInt(3) === 0 ? 8 + random.nextInt(8) : 30 + random.nextInt(300);
        // Writes come in the middle of pages, too; a restart only between them.
        let concurrent: Promise<unknown> = Promise.resolve();
        const { documents } = await scrollAll({ filter, limit }, async () => {
          await concurrent;
          await act();
          concurrent = Promise.all([write(5), remove(2)]);
          if (random.nextInt(2) === 0) await new Promise((resolve) => setImmediate(resolve));
        });
        await concurrent;
        const found = documents.map(({ id }) => id as DocumentId);
        expect(found).toEqual([...new Set(found)].sort());
        expect([...stable].filter((id) => !found.includes(id))).toEqual([]);
        for (const { metadata, vector } of documents) {
          expect(isWanted(metadata)).toBe(true);
          expect(vector[0]).toBe(metadata["n"]);
        }
      }
      expect(compactionCount).toBeGreaterThan(0);
    },
  );

  it("finds matches that lie together behind many others, and those that are not written yet", async () => {
    const count = 3_000;
    const documents = Array.from({ length: count }, (_, n) => documentOf(numberedId(n), { n }));
    const from = async (first: number, limit: number) => {
      const { documents } = await scrollAll({ filter: { n: { $gte: first } }, limit });
      return documents.map(({ metadata }) => metadata["n"]);
    };
    const numbersFrom = (first: number) => Array.from({ length: count - first }, (_, n) => first + n);
    await collection.upsert(documents);
    expect(await from(2_500, 200)).toEqual(numbersFrom(2_500));
    await collection.settle();
    for (const [first, limit] of [
      [0, 1_000],
      [1_000, 1],
      [1_000, 700],
      [2_990, 3],
    ] as const) {
      const page = await collection.contents.scroll(
        { filter: { n: { $gte: first } }, limit, include: [] },
        noDeadline(),
      );
      expect(page.documents.map(({ id }) => id)).toEqual(numbersFrom(first).slice(0, limit).map(numberedId));
    }
    await collection.upsert(documents.filter((_, n) => n % 7 === 0));
    expect(await from(0, 1_000)).toEqual(numbersFrom(0));
    expect(await from(1_000, 999)).toEqual(numbersFrom(1_000));
  });

  it.each([
    ["looked up in the order of ids", { text: { $contains: "word" } }, 0],
    ["looked for in all rows", { text: { $contains: "word" }, n: { $gte: 1_000 } }, 1_000],
  ])("finds what is written anew in the middle of a page, %s", async (_name, filter, first) => {
    // Too long for an index, so that looking takes many turns.
    const text = "long ".repeat(60);
    const documents = Array.from({ length: 3_000 }, (_, n) =>
      documentOf(numberedId(n), { n, text: `${text} word` }),
    );
    await collection.upsert(documents);
    await collection.settle();
    const wanted = documents.slice(first, first + 10);
    for (let round = 0; round < 4; round++) {
      const reading = collection.contents.scroll({ filter, limit: 10, include: [] }, noDeadline());
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      await collection.upsert(wanted);
      expect((await reading).documents.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    }
  });

  it("ends a page before its answer would be too large, and refuses a ranking that is", async () => {
    const text = "x".repeat(1_000_000);
    await collection.upsert(
      Array.from({ length: 36 }, (_, n) => ({ ...documentOf(numberedId(n), { n }), text })),
    );
    const read = async (after: DocumentId | undefined) =>
      await collection.contents.scroll({ after, limit: 1_000, include: ["text"] }, noDeadline());
    const first = await read(undefined);
    expect(first.documents.length).toBeLessThan(36);
    expect(first.after).toBe(first.documents.at(-1)!.id);
    const second = await read(first.after);
    expect(second.after).toBeUndefined();
    expect([...first.documents, ...second.documents].map(({ id }) => id)).toEqual(
      Array.from({ length: 36 }, (_, n) => numberedId(n)),
    );
    const { vector } = documentOf(numberedId(0), { n: 0 });
    const query = { vector, topK: 30, include: ["text"], answerSize: new AnswerSize() } as const;
    expect((await collection.query(query, noDeadline())).matches).toHaveLength(30);
    const violations = [{ path: "top_k", detail: expect.stringContaining("more than one answer holds") }];
    const isRefused = { code: "invalid_argument", violations };
    await expect(collection.query(query, noDeadline())).rejects.toMatchObject(isRefused);
    const all = { vector, topK: 36, include: ["text"] } as const;
    await expect(collection.query(all, noDeadline())).rejects.toMatchObject(isRefused);
    expect((await collection.query({ ...all, include: [] }, noDeadline())).matches).toHaveLength(36);
  });
});

it("counts, facets, fetches and deletes what a look at every document finds (seed 5)", async () => {
  const random = new SeededRandom(5);
  const words = ["red", "green", "blue", "long ".repeat(60)];
  const model = new Map<DocumentId, JsonObject>();
  const randomMetadata = (): JsonObject => ({
    n: random.nextInt(20),
    ...(random.nextInt(3) > 0 && { word: words[random.nextInt(4)]! }),
    ...(random.nextInt(4) > 0 && {
      tags: Array.from({ length: random.nextInt(3) }, () => words[random.nextInt(3)]!),
    }),
    ...(random.nextInt(5) === 0 && { flag: random.nextInt(2) === 0 }),
  });
  const write = async (count: number): Promise<void> => {
    const known = [...model.keys()];
    const batch = Array.from({ length: count }, () => {
      const id = known[random.nextInt(2 * count)] ?? randomId(random);
      const metadata = randomMetadata();
      model.set(id, metadata);
      return documentOf(id, metadata);
    });
    await collection.upsert(batch);
  };
  const filters: readonly JsonObject[] = [
    {},
    { n: { $lt: 3 } },
    { word: { $ne: "red" } },
    { word: { $contains: "long" } },
    { tags: { $in: ["red", "blue"] }, n: { $gte: 10 } },
    { flag: { $exists: true } },
    { $not: { flag: false } },
    { missing: 1 },
  ];
  for (let round = 0; round < 6; round++) {
    await write(400);
    if (round % 2 === 1) await reopen();
    for (const filter of filters) {
      const parsed = parseFilter(filter);
      const passing = [...model].filter(([, metadata]) => matchesFilter(metadata, parsed));
      expect(await collection.contents.count({ filter }, noDeadline())).toBe(passing.length);
      for (const field of ["n", "word", "tags", "flag", "missing"]) {
        const values = passing.flatMap(([, metadata]) => [...new Set([metadata[field] ?? []].flat())]);
        const counts = Map.groupBy(values, (value) => value);
        const found = await collection.contents.values({ field, filter, limit: 100 }, noDeadline());
        expect(found.distinctCount).toBe(counts.size);
        expect(new Map(found.values.map(({ value, count }) => [value, count]))).toEqual(
          new Map([...counts].map(([value, all]) => [value, all.length])),
        );
      }
    }
    const { documents, missing } = await collection.contents.fetch(
      { keys: [randomId(random), ...[...model.keys()].slice(0, 150), "nobody"], include: ["metadata"] },
      noDeadline(),
    );
    expect(documents.map(({ id, metadata }) => [id, metadata])).toEqual([...model].slice(0, 150));
    expect(missing).toHaveLength(2);
    const filter = filters[1 + random.nextInt(4)]!;
    const gone = [...model].filter(([, metadata]) => matchesFilter(metadata, parseFilter(filter)));
    expect(await collection.deleteMatching({ filter }, noDeadline())).toBe(gone.length);
    for (const [id] of gone) model.delete(id);
    expect(await collection.contents.count({}, noDeadline())).toBe(model.size);
    expect(await collection.contents.count({ filter }, noDeadline())).toBe(0);
  }
  const { documents } = await scrollAll({ limit: 170 });
  expect(documents.map(({ id }) => id)).toEqual([...model.keys()].sort());
  const keys = [...model.keys()].slice(0, 1_100);
  expect(await collection.deleteKeys({ keys: [...keys, keys[0]!, "nobody"] }, noDeadline())).toBe(
    keys.length,
  );
  expect(await collection.deleteMatching({ filter: {} }, noDeadline())).toBe(model.size - keys.length);
  expect(collection.stats().documentCount).toBe(0);
});

it("leaves what is written while a deletion goes on, and does not match any more", async () => {
  const count = 2_500;
  await collection.upsert(
    Array.from({ length: count }, (_, n) => documentOf(numberedId(n), { n, old: true })),
  );
  const deleting = collection.deleteMatching({ filter: { old: true } }, noDeadline());
  const kept = Array.from({ length: count / 5 }, (_, n) => numberedId(5 * n));
  const writes = kept.map((id, n) => collection.upsert([documentOf(id, { n, old: false })]));
  const still = collection.upsert([documentOf(numberedId(2_499), { n: 0, old: true })]);
  const deleted = await deleting;
  await Promise.all([...writes, still]);
  const { documents } = await scrollAll({ filter: { old: false }, limit: 1_000 });
  // One that was deleted first was inserted anew; none that was written last is gone.
  expect(documents.map(({ id }) => id)).toEqual(kept);
  expect(deleted).toBeGreaterThanOrEqual(count - kept.length - 1);
  expect(deleted).toBeLessThanOrEqual(count);
});
