import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type DocumentInput,
  deadlineAfter,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import { faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { nothing } from "./budget.ts";
import { Collection, createCollectionFiles } from "./collection.ts";
import { unlimitedMemory } from "./memoryBudget.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";

const dimension = 16;
const ids = new UuidV7Generator(systemClock, systemRandom);
const all = ["metadata", "text", "vector"] as const;
const builders = new Builders({ threadCount: 1 });
let directory: string;

afterAll(() => builders.close());
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-collection-"));
  await createCollectionFiles(options());
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function options(overrides: Partial<OpenCollectionOptions> = {}): OpenCollectionOptions {
  return {
    disk: nodeDisk,
    directory,
    collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
    clock: systemClock,
    ids,
    dimension,
    metric: "l2",
    maxDocumentCount: 1_000,
    metadataBytesMax: 65_536,
    recallChecksPerMinute: 0,
    wal: { sync: "always", syncIntervalMs: 5, segmentBytesMax: 1 << 20 },
    graph: {
      builders,
      quantization: "int8",
      linksMax: 16,
      efConstruction: 100,
      efSearch: 100,
      threshold: 10_000,
    },
    ...overrides,
  };
}

const open = (overrides: Partial<OpenCollectionOptions> = {}) => Collection.open(options(overrides));
const vectorOf = (value: number) => new Float32Array(dimension).fill(value);
const query = (value: number, topK = 10) => ({ vector: vectorOf(value), topK, include: all });

describe("collection", () => {
  it("finds a document as soon as its upsert resolves, and after reopening", async () => {
    const collection = await open();
    const document = {
      externalId: "a",
      vector: vectorOf(1),
      text: "ünï ☃",
      metadata: { n: [1, { x: null }] },
    };
    const [item] = await collection.upsert([document]);
    expect(item).toMatchObject({ ok: true, version: 1 });
    const expected = { ...document, score: -0, distance: 0 };
    const check = async (opened: Collection) => {
      expect(opened.stats().diskBytes).toBeGreaterThan(0);
      const [match] = (await opened.query(query(1), noDeadline())).matches;
      expect(match).toMatchObject({ ...expected, score: expect.closeTo(0), distance: expect.closeTo(0) });
      const found = opened.get("a", all);
      expect(found).toMatchObject({ ...document, version: 1 });
      expect(opened.get(found!.id.toUpperCase(), [])).toMatchObject({ externalId: "a" });
    };
    await check(collection);
    await collection.close();
    const reopened = await open();
    await check(reopened);
    await reopened.close();
  });

  it("replaces whole documents, and counts versions", async () => {
    const collection = await open();
    const [first] = await collection.upsert([{ externalId: "a", vector: vectorOf(1), text: "old" }]);
    const [second] = await collection.upsert([{ externalId: "a", vector: vectorOf(2) }]);
    expect(second).toEqual({ ...first, version: 2 });
    expect(collection.get("a", all)?.text).toBeUndefined();
    expect(collection.stats().documentCount).toBe(1);
    const matches = (await collection.query(query(1), noDeadline())).matches;
    expect(matches).toHaveLength(1);
    expect(matches[0]?.distance).toBeCloseTo(4);
    await collection.close();
  });

  it("lets a replaced document give its external id away", async () => {
    const collection = await open();
    const id = ids.next();
    await collection.upsert([{ id, externalId: "a", vector: vectorOf(1) }]);
    await collection.upsert([{ id, externalId: "b", vector: vectorOf(1) }]);
    const [item] = await collection.upsert([{ externalId: "a", vector: vectorOf(2) }]);
    expect(item?.ok && item.id).not.toBe(id);
    expect(collection.get("b", [])?.id).toBe(id);
    await collection.close();
  });

  it("decides documents of one batch in order", async () => {
    const collection = await open({ maxDocumentCount: 2 });
    const id = ids.next();
    const items = await collection.upsert([
      { id, externalId: "a", vector: vectorOf(1) },
      { externalId: "a", vector: vectorOf(2) },
      { id: ids.next(), externalId: "a", vector: vectorOf(3) },
      { externalId: "b", vector: [1, 2] },
      { externalId: "b", vector: vectorOf(4) },
      { externalId: "c", vector: vectorOf(5) },
    ]);
    expect(items.map((item) => (item.ok ? item.version : item.code))).toEqual([
      1,
      2,
      "already_exists",
      "invalid_argument",
      1,
      "quota_exceeded",
    ]);
    expect((await collection.query(query(2), noDeadline())).matches[0]).toMatchObject({ id, distance: 0 });
    await collection.close();
  });

  it("writes all of an atomic batch or nothing", async () => {
    const collection = await open();
    await collection.upsert([{ externalId: "a", vector: vectorOf(1) }]);
    const batch = [
      { externalId: "b", vector: vectorOf(2) },
      { id: ids.next(), externalId: "a", vector: vectorOf(3) },
    ];
    await expect(collection.upsert(batch, { atomic: true })).rejects.toMatchObject({
      code: "already_exists",
      violations: [{ path: "documents[1].external_id" }],
    });
    expect(collection.stats().documentCount).toBe(1);
    await expect(
      collection.upsert([batch[0]!, { vector: [Number.NaN] }], { atomic: true }),
    ).rejects.toMatchObject({ code: "invalid_argument", violations: [{ path: "documents[1].vector" }] });
    expect(await collection.upsert([batch[0]!], { atomic: true })).toMatchObject([{ ok: true, version: 1 }]);
    expect(collection.stats().documentCount).toBe(2);
    await collection.close();
  });

  it("deletes by id and external id, once", async () => {
    const collection = await open();
    const id = ids.next();
    await collection.upsert([
      { id, vector: vectorOf(1) },
      { externalId: "a", vector: vectorOf(2) },
    ]);
    const [[byId], [byExternalId, unknown]] = await Promise.all([
      collection.delete([id]),
      collection.delete(["a", "never"]),
    ]);
    expect([byId, byExternalId, unknown]).toEqual([true, true, false]);
    expect(await collection.delete([id])).toEqual([false]);
    expect((await collection.query(query(1), noDeadline())).matches).toEqual([]);
    await collection.close();
    const reopened = await open();
    expect(reopened.stats().documentCount).toBe(0);
    await reopened.close();
  });

  it("does not mind what a caller does to its array after the call", async () => {
    const collection = await open();
    const vector = vectorOf(1);
    const upserted = collection.upsert([{ externalId: "a", vector }]);
    vector.fill(9);
    await upserted;
    expect(collection.get("a", ["vector"])?.vector).toEqual(vectorOf(1));
    await collection.close();
  });

  it("scans a snapshot while its documents are replaced and deleted", async () => {
    const wide = 4_096;
    const collection = await open({ dimension: wide, metric: "dot", maxDocumentCount: 5_000 });
    const vector = new Float32Array(wide).fill(1);
    const count = 1_500;
    const documents = Array.from({ length: count }, (_, n) => ({ externalId: String(n), vector }));
    await collection.upsert(documents);
    // A scan of 1,500 × 4,096 takes several slices; these writes are applied between them.
    const searching = collection.query({ vector, topK: count, include: [] }, noDeadline());
    const writing = Promise.all([
      collection.upsert(documents.slice(0, 700)),
      collection.delete(documents.slice(700).map(({ externalId }) => externalId)),
    ]);
    const { matches } = await searching;
    expect(new Set(matches.map(({ externalId }) => externalId)).size).toBe(count);
    await writing;
    const after = (await collection.query({ vector, topK: count, include: [] }, noDeadline())).matches;
    expect(after).toHaveLength(700);
    await collection.close();
  });

  it("gives up at its deadline", async () => {
    const collection = await open({ dimension: 4_096, maxDocumentCount: 5_000 });
    const vector = new Float32Array(4_096).fill(1);
    await collection.upsert(Array.from({ length: 1_500 }, () => ({ vector })));
    using deadline = deadlineAfter(systemClock, 0);
    await expect(collection.query({ vector, topK: 1, include: [] }, deadline)).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    await collection.close();
  });

  it("drops dead rows when it is opened", async () => {
    const collection = await open();
    for (let round = 0; round < 5; round++) {
      await collection.upsert([
        { externalId: "b", vector: vectorOf(round) },
        { externalId: "a", vector: vectorOf(round) },
      ]);
    }
    expect(collection.stats().rowCount).toBe(10);
    await collection.close();
    const reopened = await open();
    expect(reopened.stats().rowCount).toBe(2);
    const matches = (await reopened.query(query(4), noDeadline())).matches;
    expect(matches.map(({ externalId }) => externalId)).toEqual(["b", "a"]);
    expect(await reopened.upsert([{ externalId: "a", vector: vectorOf(1) }])).toMatchObject([{ version: 6 }]);
    await reopened.close();
  });

  it("finishes what is waiting when it closes, and takes nothing more", async () => {
    const collection = await open();
    const writes = Array.from({ length: 50 }, (_, n) => collection.upsert([{ vector: vectorOf(n) }]));
    await collection.close();
    await Promise.all(writes);
    await expect(collection.upsert([{ vector: vectorOf(0) }])).rejects.toMatchObject({ code: "unavailable" });
    const reopened = await open();
    expect(reopened.stats().documentCount).toBe(50);
    await reopened.close();
  });
});

describe("bad input", () => {
  const refused: readonly [string, unknown, string][] = [
    ["no vector", {}, "vector"],
    ["a wrong dimension", { vector: [1, 2, 3] }, "vector"],
    ["NaN", { vector: vectorOf(0).fill(Number.NaN, 3) }, "vector[3]"],
    ["more than 32 bits hold", { vector: Array(16).fill(1e39) }, "vector[0]"],
    ["numbers as strings", { vector: Array(16).fill("1") }, "vector[0]"],
    ["null components", { vector: Array(16).fill(null) }, "vector[0]"],
    ["an id that is no UUID", { vector: vectorOf(1), id: "a" }, "id"],
    ["a long external id", { vector: vectorOf(1), externalId: "é".repeat(257) }, "external_id"],
    ["an empty external id", { vector: vectorOf(1), externalId: "" }, "external_id"],
    ["half a character", { vector: vectorOf(1), text: "a\ud800" }, "text"],
    ["metadata that is no object", { vector: vectorOf(1), metadata: [1] }, "metadata"],
    [
      "metadata that JSON changes",
      { vector: vectorOf(1), metadata: { a: [0, Number.NaN] } },
      "metadata.a[1]",
    ],
    ["metadata with a date", { vector: vectorOf(1), metadata: { at: new Date(0) } }, "metadata.at"],
    ["large metadata", { vector: vectorOf(1), metadata: { a: "x".repeat(65_536) } }, "metadata"],
  ];

  it.each(refused)("%s is refused and named", async (_name, document, path) => {
    const collection = await open();
    const items = await collection.upsert([document as DocumentInput, { vector: vectorOf(1) }]);
    expect(items[0]).toMatchObject({ ok: false, code: "invalid_argument", violations: [{ path }] });
    expect(items[1]).toMatchObject({ ok: true });
    expect(collection.stats().documentCount).toBe(1);
    await collection.close();
  });

  it("refuses metadata that goes in circles", async () => {
    const collection = await open();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const items = await collection.upsert([{ vector: vectorOf(1), metadata: circle as never }]);
    expect(items[0]).toMatchObject({ ok: false, code: "invalid_argument" });
    await collection.close();
  });

  it("refuses the zero vector under cosine, also when it is only tiny in 64 bits", async () => {
    const collection = await open({ metric: "cosine" });
    const items = await collection.upsert([{ vector: vectorOf(0) }, { vector: Array(16).fill(1e-60) }]);
    expect(items.map((item) => item.ok)).toEqual([false, false]);
    await expect(collection.query(query(0), noDeadline())).rejects.toMatchObject({
      code: "invalid_argument",
    });
    await collection.close();
  });

  it.each([0, -1, 1.5, Number.NaN, 10_001])("refuses top_k %d", async (topK) => {
    const collection = await open();
    await expect(collection.query(query(1, topK), noDeadline())).rejects.toMatchObject({
      violations: [{ path: "top_k" }],
    });
    await collection.close();
  });
});

describe("a failing disk", () => {
  it("makes the collection read-only until it works again; reads go on, and what was refused is not there", async () => {
    let failing = false;
    const disk = faultyDisk(nodeDisk, (operation) => {
      if (failing && operation === "sync") throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    });
    const collection = await open({ disk });
    await collection.upsert([{ externalId: "a", vector: vectorOf(1) }]);
    failing = true;
    const outcomes = await Promise.allSettled([
      collection.upsert([{ externalId: "b", vector: vectorOf(2) }]),
      collection.upsert([{ externalId: "c", vector: vectorOf(3) }]),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
    }
    await expect(collection.delete(["a"])).rejects.toMatchObject({
      code: "unavailable",
      message: "the collection takes no writes until the log goes on: the disk is full",
      retryAfterMs: 1_000,
    });
    expect(collection.stats().readOnlyReason).toBe("the disk is full");
    expect((await collection.query(query(2), noDeadline())).matches).toMatchObject([{ externalId: "a" }]);
    failing = false;
    while (collection.stats().readOnlyReason !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await collection.upsert([{ externalId: "d", vector: vectorOf(4) }]);
    await collection.close();
    const reopened = await open();
    const matches = (await reopened.query(query(1), noDeadline())).matches;
    expect(matches.map(({ externalId }) => externalId)).toEqual(["a", "d"]);
    await reopened.close();
  });

  it("serves everything when its file of documents was damaged: the log has it all", async () => {
    const collection = await open();
    const documents = Array.from({ length: 100 }, (_, n) => ({
      externalId: `k${n}`,
      vector: vectorOf(n),
      text: `${n}`,
    }));
    await collection.upsert(documents);
    await collection.close();
    writeFileSync(join(directory, "documents.db"), Buffer.alloc(20_000, 0x55));
    const reopened = await open();
    expect(reopened.recovery.documents).toMatchObject({
      damage: { quarantinedAs: "documents.db.damaged-1", salvagedCount: 0 },
      lostCount: 0,
    });
    for (const { externalId, text } of documents) expect(reopened.get(externalId, ["text"])?.text).toBe(text);
    await reopened.close();
    const whole = await open();
    expect(whole.recovery.documents).toBeUndefined();
    expect(whole.get("k99", ["text"])?.text).toBe("99");
    await whole.close();
  });

  it("names a document that rotted while it was closed, serves the rest, and has it back after a restart", async () => {
    const collection = await open();
    const texts = Array.from({ length: 50 }, (_, n) => `${n} ${"abcdefgh".repeat(50)}`);
    await collection.upsert(texts.map((text, n) => ({ externalId: `k${n}`, vector: vectorOf(n), text })));
    await collection.close();
    const path = join(directory, "documents.db");
    const bytes = readFileSync(path);
    bytes[bytes.indexOf("17 abcdefgh") + 9]! ^= 1;
    writeFileSync(path, bytes);
    const reopened = await open();
    const message = /documents\.db: document .* fails its checksum/;
    expect(() => reopened.get("k17", ["text"])).toThrow(message);
    await expect(reopened.query(query(17, 1), noDeadline())).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringMatching(message),
    });
    expect(reopened.get("k18", ["text"])?.text).toBe(texts[18]);
    // The suspicion is written behind.
    while (!existsSync(`${path}.suspect`)) await new Promise((resolve) => setTimeout(resolve, 2));
    await reopened.close();
    const restored = await open();
    expect(restored.recovery.documents).toMatchObject({ damage: { salvagedCount: 49 }, lostCount: 0 });
    expect(restored.get("k17", ["text"])?.text).toBe(texts[17]);
    await restored.close();
    expect(existsSync(`${path}.suspect`)).toBe(false);
  });

  it("is not opened where its log ends before its documents do", async () => {
    const collection = await open();
    await collection.upsert([{ vector: vectorOf(1) }]);
    const copy = `${directory}-older`;
    cpSync(join(directory, "wal"), copy, { recursive: true });
    await collection.upsert([{ vector: vectorOf(2) }]);
    await collection.close();
    rmSync(join(directory, "wal"), { recursive: true });
    cpSync(copy, join(directory, "wal"), { recursive: true });
    rmSync(copy, { recursive: true });
    await expect(open()).rejects.toThrow("wal: ends at LSN 1, though documents.db has applied LSN 2");
  });

  it("is not opened where its log is damaged", async () => {
    const collection = await open();
    for (let n = 0; n < 3; n++) await collection.upsert([{ vector: vectorOf(n) }]);
    await collection.close();
    const file = join(directory, "wal", readdirSync(join(directory, "wal"))[0]!);
    const handle = await nodeDisk.openFile(file);
    await handle.write([new Uint8Array([0xff])], 100);
    await handle.close();
    await expect(open()).rejects.toThrow(DamagedFileError);
  });
});

describe("model", () => {
  const cases = [
    { seed: 1, threshold: 10_000 },
    { seed: 2, threshold: 10_000 },
    { seed: 3, threshold: 10 },
    { seed: 4, threshold: 0 },
  ];

  it.each(cases)(
    "equals a Map under random writes, reopening and crashes: %o",
    async ({ seed, threshold }) => {
      const random = new SeededRandom(seed);
      const model = new Map<string, number>();
      const graph = { ...options().graph, threshold };
      const open = () =>
        Collection.open(
          options({ graph, wal: { sync: "always", syncIntervalMs: 5, segmentBytesMax: 2_000 } }),
        );
      let collection = await open();
      const key = () => `k${random.nextInt(30)}`;
      const check = async () => {
        const matches = (await collection.query({ ...query(0, 100), exact: true }, noDeadline())).matches;
        const found = matches.map(({ externalId, vector }) => [externalId, vector?.[0]] as const);
        expect(new Map(found)).toEqual(model);
        expect(collection.stats().documentCount).toBe(model.size);
      };
      for (let round = 0; round < 150; round++) {
        const action = random.nextInt(10);
        if (action < 6) {
          const batch = Array.from(
            { length: 1 + random.nextInt(5) },
            () => [key(), random.nextInt(1_000)] as const,
          );
          await collection.upsert(
            batch.map(([externalId, value]) => ({ externalId, vector: vectorOf(value) })),
          );
          for (const [externalId, value] of batch) model.set(externalId, value);
        } else if (action < 8) {
          const doomed = key();
          expect(await collection.delete([doomed])).toEqual([model.delete(doomed)]);
        } else if (action === 8) {
          await collection.close();
          collection = await open();
        } else {
          // What a kill -9 leaves: the files as they are now, with a torn write behind.
          const copy = `${directory}-crashed`;
          cpSync(directory, copy, { recursive: true });
          await collection.close();
          rmSync(directory, { recursive: true });
          cpSync(copy, directory, { recursive: true });
          rmSync(copy, { recursive: true });
          const newest = readdirSync(join(directory, "wal")).sort().at(-1)!;
          const garbage = random.fill(new Uint8Array(random.nextInt(100)));
          writeFileSync(join(directory, "wal", newest), garbage, { flag: "a" });
          collection = await open();
        }
        await check();
      }
      await collection.close();
    },
  );
});

describe("concurrent writers", () => {
  it("never lose an update or reorder one", async () => {
    const collection = await open();
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        collection.upsert([{ externalId: "shared", vector: vectorOf(n) }]),
      ),
    );
    const versions = outcomes.map(([item]) => (item?.ok ? item.version : undefined));
    expect(versions).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
    expect(collection.get("shared", ["vector"])?.vector).toEqual(vectorOf(199));
    await collection.close();
  });
});

describe("a graph that is built behind the writes", () => {
  it("finds every acknowledged document at every moment, through threshold, linking and replacement", async () => {
    const random = new SeededRandom(11);
    const graph = { ...options().graph, threshold: 300 };
    const collection = await open({ graph, maxDocumentCount: 100_000 });
    const model = new Map<string, Float32Array>();
    let indexedCountMax = 0;
    for (let round = 0; round < 60; round++) {
      const documents = Array.from({ length: 60 }, () => {
        const externalId = `k${random.nextInt(2_500)}`;
        const vector = Float32Array.from({ length: dimension }, () => random.nextGaussian());
        return { externalId, vector };
      });
      await collection.upsert(documents);
      for (const { externalId, vector } of documents) model.set(externalId, vector);
      const doomed = [...model.keys()].filter(() => random.nextInt(100) === 0);
      if (doomed.length > 0) await collection.delete(doomed);
      for (const key of doomed) model.delete(key);
      const keys = [...model.keys()];
      for (let n = 0; n < 10; n++) {
        const key = n < 5 ? documents[n]!.externalId : keys[random.nextInt(keys.length)]!;
        const vector = model.get(key);
        if (vector === undefined) continue;
        const [match] = (await collection.query({ vector, topK: 1, include: ["vector"] }, noDeadline()))
          .matches;
        expect(match).toMatchObject({ externalId: key, vector, distance: expect.closeTo(0, 3) });
      }
      const { documentCount, indexedCount } = collection.stats();
      expect(documentCount).toBe(model.size);
      expect(indexedCount).toBeLessThanOrEqual(documentCount);
      indexedCountMax = Math.max(indexedCountMax, indexedCount);
    }
    expect(indexedCountMax).toBeGreaterThan(300);
    await collection.close();
    const reopened = await open({ graph, maxDocumentCount: 100_000 });
    expect(reopened.stats().documentCount).toBe(model.size);
    await reopened.close();
  });
});

describe("the recall estimate", () => {
  async function searched(recallChecksPerMinute: number) {
    const random = new SeededRandom(17);
    const graph = { ...options().graph, threshold: 100 };
    const collection = await open({ graph, recallChecksPerMinute });
    const vectors = Array.from({ length: 900 }, () =>
      Float32Array.from({ length: dimension }, () => random.nextGaussian()),
    );
    await collection.upsert(vectors.map((vector) => ({ vector })));
    while (collection.stats().indexedCount < 900) await new Promise((resolve) => setTimeout(resolve, 2));
    for (const vector of vectors.slice(0, 50)) {
      (await collection.query({ vector, topK: 10, include: [] }, noDeadline())).matches;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return collection;
  }

  it("comes from exact checks of live searches, no more than were asked for", async () => {
    const collection = await searched(60_000);
    const { recall, checks } = collection.stats().recall!;
    expect(recall).toBeGreaterThan(0.95);
    expect(recall).toBeLessThanOrEqual(1);
    expect(checks).toBeLessThanOrEqual(50);
    await collection.close();
    const rare = await searched(1);
    expect(rare.stats().recall).toMatchObject({ checks: 1 });
    await rare.close();
  });

  it("costs nothing where it is off", async () => {
    const collection = await searched(0);
    expect(collection.stats().recall).toBeUndefined();
    await collection.close();
  });
});

describe("compaction", () => {
  it("keeps a few documents that are written again and again from growing", async () => {
    const collection = await open();
    for (let round = 0; round < 100; round++) {
      await collection.upsert(
        Array.from({ length: 50 }, (_, n) => ({
          externalId: `k${n}`,
          vector: [round + 1, n, 1, 1].concat(Array(dimension - 4).fill(0)),
        })),
      );
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // 5,000 rows were written; a compaction begins at 1,000 and may be overtaken by what comes meanwhile.
    expect(collection.stats()).toMatchObject({ documentCount: 50, rowCount: expect.any(Number) });
    expect(collection.stats().rowCount).toBeLessThan(2_500);
    await collection.close();
  });

  it("is begun again by itself after it failed, though nobody writes any more", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const failures: unknown[] = [];
      const outOfMemory = new RangeError("Array buffer allocation failed");
      const failing = {
        [Symbol.dispose]: () => {
          throw outOfMemory;
        },
      };
      const collection = await open({
        maxDocumentCount: 2_000,
        memory: { ...unlimitedMemory, reserveCopy: () => (failures.length === 0 ? failing : nothing) },
        onCompactionFailure: (error) => failures.push(error),
      });
      const documents = Array.from({ length: 1_500 }, (_, n) => ({
        externalId: `k${n}`,
        vector: vectorOf(n + 1),
      }));
      await collection.upsert(documents);
      await collection.upsert(documents.slice(0, 1_000));
      await vi.waitUntil(() => failures.length > 0);
      expect(failures).toEqual([outOfMemory]);
      expect(collection.stats().rowCount).toBe(2_500);
      await vi.advanceTimersByTimeAsync(60_000);
      await vi.waitUntil(() => collection.stats().rowCount === 1_500);
      vi.useRealTimers();
      await collection.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    { name: "flat", threshold: 100_000 },
    { name: "graph", threshold: 500 },
  ])("drops dead rows of a $name index while writes and searches go on", async ({ threshold }) => {
    const random = new SeededRandom(13);
    const collection = await open({ graph: { ...options().graph, threshold }, maxDocumentCount: 100_000 });
    const model = new Map<string, Float32Array>();
    const randomVector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
    const write = async (keys: readonly string[]) => {
      const documents = keys.map((externalId) => ({ externalId, vector: randomVector() }));
      await collection.upsert(documents);
      for (const { externalId, vector } of documents) model.set(externalId, vector);
    };
    for (let first = 0; first < 3_000; first += 500) {
      await write(Array.from({ length: 500 }, (_, n) => `k${first + n}`));
    }
    const keys = [...model.keys()];
    let compactions = 0;
    let rows = collection.stats().rowCount;
    for (let round = 0; round < 150; round++) {
      await write(Array.from({ length: 60 }, () => keys[random.nextInt(keys.length)]!));
      for (let n = 0; n < 5; n++) {
        const key = keys[random.nextInt(keys.length)]!;
        const exact = random.nextInt(2) === 0;
        const found = (
          await collection.query(
            { vector: model.get(key)!, topK: 1, exact, include: ["vector"] },
            noDeadline(),
          )
        ).matches;
        expect(found).toMatchObject([{ externalId: key, vector: model.get(key)! }]);
      }
      const { documentCount, rowCount } = collection.stats();
      expect(documentCount).toBe(model.size);
      if (rowCount < rows) compactions += 1;
      rows = rowCount;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(compactions).toBeGreaterThan(0);
    // 9,000 replacements of 3,000 documents: without compaction there would be rows for 12,000.
    const all = (await collection.query({ ...query(0, 10_000), exact: true }, noDeadline())).matches;
    expect(new Map(all.map(({ externalId, vector }) => [externalId, vector]))).toEqual(model);
    await collection.close();
  });
});
