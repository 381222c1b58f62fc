import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type DocumentPatch,
  type JsonObject,
  type JsonValue,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { Collection, createCollectionFiles } from "./collection.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
const startMs = 1_767_225_600_000;
let root: string;
let directory: string;
let nowMs: number;

afterAll(() => builders.close());
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-patches-"));
  directory = join(root, "0");
  nowMs = startMs;
  await createCollectionFiles(options());
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const options = () => ({
  disk: unsyncedDisk(nodeDisk),
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
  ids,
  dimension,
  metric: "l2" as const,
  maxDocumentCount: 100_000,
  metadataBytesMax: 300,
  recallChecksPerMinute: 0,
  wal: { sync: "never" as const, syncIntervalMs: 5, segmentBytesMax: 100_000 },
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 8,
    efConstruction: 50,
    efSearch: 100,
    threshold: 500,
    segmentRowsMax: 1_024,
  },
});
const open = () => Collection.open(options());
const vectorOf = (value: number) => new Float32Array(dimension).fill(value);
const searchAll = async (collection: Collection, filter?: JsonObject) => {
  const query = { vector: vectorOf(0), topK: 10_000, exact: true, include: ["metadata"] } as const;
  const asked = { ...query, ...(filter !== undefined && { filter }) };
  return (await collection.query(asked, noDeadline())).matches;
};
const codes = (items: readonly { readonly ok: boolean; readonly code?: string }[]) =>
  items.map((item) => item.code ?? "ok");

describe("a patch", () => {
  it("merges metadata, and leaves vector, text and external id alone", async () => {
    const collection = await open();
    const metadata = { a: 1, b: { c: 1, d: [1] }, e: "x" };
    await collection.upsert([{ externalId: "a", vector: vectorOf(1), text: "text", metadata }]);
    nowMs += 5;
    const patch = { id: "a", metadata: { a: null, b: { c: 2, f: null }, e: [null], g: { h: null, i: 1 } } };
    const [item] = await collection.patch([patch]);
    expect(item).toMatchObject({ ok: true, version: 2 });
    const check = (opened: Collection) =>
      expect(opened.get("a", ["metadata", "text", "vector"])).toMatchObject({
        metadata: { b: { c: 2, d: [1] }, e: [null], g: { i: 1 } },
        text: "text",
        vector: vectorOf(1),
        insertedAt: new Date(startMs).toISOString(),
        updatedAt: new Date(startMs + 5).toISOString(),
        version: 2,
      });
    check(collection);
    expect(await searchAll(collection, { a: 1 })).toEqual([]);
    expect(await searchAll(collection, { "g.i": 1 })).toHaveLength(1);
    await collection.close();
    const reopened = await open();
    check(reopened);
    expect(reopened.stats().rowCount).toBe(1);
    await reopened.patch([{ id: "a", metadata: null }]);
    expect(reopened.get("a", ["metadata"])).not.toHaveProperty("metadata");
    await reopened.close();
  });

  it("sees those before it in its batch, and is refused alone or with all of it", async () => {
    const collection = await open();
    await collection.upsert([{ externalId: "a", vector: vectorOf(1), metadata: { n: 1 } }]);
    const large = { text: "x".repeat(400) };
    const patches: DocumentPatch[] = [
      { id: "a", metadata: { n: 2 }, ifVersion: 1 },
      { id: "a", metadata: { n: 3 }, ifVersion: 1 },
      { id: "nobody", metadata: {} },
      { id: "a", metadata: large },
      { id: "a" },
      { id: "a", metadata: { m: 1 }, ifVersion: 2 },
    ];
    const items = await collection.patch(patches);
    expect(codes(items)).toEqual([
      "ok",
      "failed_precondition",
      "not_found",
      "invalid_argument",
      "invalid_argument",
      "ok",
    ]);
    expect(items[1]).toMatchObject({
      violations: [{ path: "if_version", detail: "is 1, and the version is 2" }],
    });
    expect(items[3]).toMatchObject({ violations: [{ path: "metadata" }] });
    expect(collection.get("a", ["metadata"])).toMatchObject({ metadata: { n: 2, m: 1 }, version: 3 });
    await expect(
      collection.patch([{ id: "a", metadata: { n: 9 } }, patches[1]!], { atomic: true }),
    ).rejects.toMatchObject({
      code: "failed_precondition",
      violations: [{ path: "documents[1].if_version" }],
    });
    expect(collection.get("a", ["metadata"])).toMatchObject({ metadata: { n: 2, m: 1 }, version: 3 });
    await collection.close();
  });

  it("of members that have the names of an object's own makes members of them", async () => {
    const collection = await open();
    await collection.upsert([{ externalId: "a", vector: vectorOf(1), metadata: { n: 1 } }]);
    const patch = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"a": 1}, "n": 2}',
    ) as JsonObject;
    await collection.patch([{ id: "a", metadata: patch }]);
    const found = collection.get("a", ["metadata"])!.metadata!;
    expect(JSON.stringify(found)).toBe('{"n":2,"__proto__":{"polluted":true},"constructor":{"a":1}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    await collection.patch([{ id: "a", metadata: JSON.parse('{"__proto__": null, "constructor": null}') }]);
    expect(collection.get("a", ["metadata"])).toMatchObject({ metadata: { n: 2 } });
    await collection.close();
  });

  it("that is no patch is refused by the path of what is wrong", async () => {
    const collection = await open();
    await collection.upsert([{ externalId: "a", vector: vectorOf(1) }]);
    let deep: JsonValue = 1;
    for (let level = 0; level < 70; level++) deep = { deep };
    const bad: readonly (readonly [path: string, patch: object])[] = [
      ["metadata", { metadata: [] }],
      ["metadata", { metadata: "x" }],
      ["metadata.a", { metadata: { a: Number.NaN } }],
      ["metadata.a", { metadata: { a: undefined } }],
      [`metadata${".deep".repeat(64)}`, { metadata: deep }],
      ["ttl_seconds", { ttlSeconds: 0 }],
      ["ttl_seconds", { ttlSeconds: Number.POSITIVE_INFINITY }],
      ["ttl_seconds", { ttlSeconds: "60" }],
      ["expires_at", { expiresAt: "2026-01-01T00:00:00" }],
      ["expires_at", { expiresAt: "2026-02-30T00:00:00Z" }],
      ["expires_at", { expiresAt: "2027-01-01T00:00:00Z", ttlSeconds: 5 }],
      ["if_version", { metadata: {}, ifVersion: 1.5 }],
      ["if_version", { metadata: {}, ifVersion: -1 }],
    ];
    for (const [path, patch] of bad) {
      const [item] = await collection.patch([{ id: "a", ...patch }]);
      expect(item, JSON.stringify(patch)).toMatchObject({ ok: false, violations: [{ path }] });
    }
    expect(collection.get("a", [])).toMatchObject({ version: 1 });
    await collection.close();
  });
});

describe("if_version", () => {
  it("lets a document be written, or deleted, only as it is known", async () => {
    const collection = await open();
    const write = (ifVersion: number) =>
      collection.upsert([{ externalId: "a", vector: vectorOf(1), ifVersion }]).then(codes);
    expect(await write(1)).toEqual(["failed_precondition"]);
    expect(await write(0)).toEqual(["ok"]);
    expect(await write(0)).toEqual(["failed_precondition"]);
    expect(await write(1)).toEqual(["ok"]);
    await expect(collection.delete(["a"], { ifVersion: 1 })).rejects.toMatchObject({
      code: "failed_precondition",
      violations: [{ path: "if_version", detail: "is 1, and the version is 2" }],
    });
    expect(await collection.delete(["a"], { ifVersion: 2 })).toEqual([true]);
    expect(await write(0)).toEqual(["ok"]);
    await collection.close();
  });

  it("lets one of many writers win", async () => {
    const collection = await open();
    await collection.upsert([{ externalId: "a", vector: vectorOf(1), metadata: { n: 0 } }]);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => collection.patch([{ id: "a", metadata: { n }, ifVersion: 1 }])),
    );
    expect(outcomes.flatMap(codes).filter((code) => code === "ok")).toHaveLength(1);
    expect(collection.get("a", [])).toMatchObject({ version: 2 });
    await collection.close();
  });

  it("refuses no sooner than what was in the way can be read", async () => {
    const collection = await open();
    await collection.upsert([{ externalId: "a", vector: vectorOf(1) }]);
    const written = collection.patch([{ id: "a", metadata: { n: 1 } }]);
    await expect(collection.delete(["a"], { ifVersion: 1 })).rejects.toThrow("the version is 2");
    expect(collection.get("a", [])).toMatchObject({ version: 2 });
    await written;
    await collection.close();
  });
});

describe("a document that expires", () => {
  it("is invisible from that moment on, and removed later", async () => {
    const collection = await open();
    const expiresAt = new Date(startMs + 60_000).toISOString();
    await collection.upsert([
      { externalId: "a", vector: vectorOf(1), ttlSeconds: 60, metadata: { n: 1 } },
      { externalId: "b", vector: vectorOf(2), expiresAt, metadata: { n: 1 } },
      { externalId: "c", vector: vectorOf(3), metadata: { n: 1 } },
    ]);
    expect(collection.get("a", [])).toMatchObject({ expiresAt });
    expect(collection.get("b", [])).toMatchObject({ expiresAt });
    nowMs = startMs + 59_999;
    expect(await searchAll(collection)).toHaveLength(3);
    expect(await collection.removeExpired()).toBe(false);
    nowMs += 1;
    const check = async (opened: Collection) => {
      expect(opened.get("a", [])).toBeUndefined();
      for (const filter of [undefined, { n: 1 }]) {
        expect((await searchAll(opened, filter)).map(({ externalId }) => externalId)).toEqual(["c"]);
      }
      expect(opened.stats().documentCount).toBe(1);
      expect(await opened.delete(["b"])).toEqual([false]);
      expect(codes(await opened.patch([{ id: "b", ttlSeconds: null }]))).toEqual(["not_found"]);
    };
    await check(collection);
    await collection.close();
    const reopened = await open();
    await check(reopened);
    const lsn = reopened.lastLsn;
    await reopened.removeExpired();
    expect(reopened.lastLsn).toBe(lsn + 1);
    await check(reopened);
    await reopened.removeExpired();
    expect(reopened.lastLsn).toBe(lsn + 1);
    // A clock that is set back does not bring anything back.
    nowMs = startMs;
    await check(reopened);
    await reopened.close();
  });

  it("is as good as deleted for whoever writes its id or external id again", async () => {
    const collection = await open();
    const id = ids.next<"document">();
    await collection.upsert([
      { id, externalId: "a", vector: vectorOf(1), ttlSeconds: 1 },
      { externalId: "b", vector: vectorOf(2), ttlSeconds: 1 },
    ]);
    const before = collection.get("b", [])!;
    nowMs += 1_000;
    const [first, second] = await collection.upsert([
      { id, externalId: "c", vector: vectorOf(1), ifVersion: 0 },
      { externalId: "b", vector: vectorOf(2) },
      { externalId: "a", vector: vectorOf(3) },
    ]);
    expect(first).toMatchObject({ ok: true, id, version: 1 });
    expect(second).toMatchObject({ ok: true, version: 1 });
    const insertedAt = new Date(nowMs).toISOString();
    const check = (opened: Collection) => {
      expect(opened.get(before.id, [])).toBeUndefined();
      expect(opened.get(id, [])).toMatchObject({ externalId: "c", insertedAt });
      expect(opened.get("b", [])).toMatchObject({ insertedAt });
      expect(opened.get("a", [])).toMatchObject({ insertedAt });
      expect(opened.stats().documentCount).toBe(3);
    };
    check(collection);
    await collection.removeExpired();
    check(collection);
    await collection.close();
    const reopened = await open();
    check(reopened);
    await reopened.close();
  });

  it("gets another time, or none, by a patch, and loses it when it is replaced", async () => {
    const collection = await open();
    await collection.upsert([
      { externalId: "a", vector: vectorOf(1), ttlSeconds: 10 },
      { externalId: "b", vector: vectorOf(1), ttlSeconds: 10 },
      { externalId: "c", vector: vectorOf(1) },
      { externalId: "d", vector: vectorOf(1), ttlSeconds: 10, metadata: { n: 1 } },
    ]);
    await collection.patch([
      { id: "a", ttlSeconds: 20 },
      { id: "b", expiresAt: null },
      { id: "c", ttlSeconds: 20 },
      { id: "d", metadata: { n: 2 } },
    ]);
    await collection.upsert([{ externalId: "d", vector: vectorOf(1) }]);
    const there = () => ["a", "b", "c", "d"].filter((key) => collection.get(key, []) !== undefined);
    nowMs += 10_000;
    expect(there()).toEqual(["a", "b", "c", "d"]);
    nowMs += 10_000;
    expect(there()).toEqual(["b", "d"]);
    await collection.close();
  });

  it("may have expired when it comes", async () => {
    const collection = await open();
    const expiresAt = "2020-01-01T00:00:00+02:00";
    expect(codes(await collection.upsert([{ externalId: "a", vector: vectorOf(1), expiresAt }]))).toEqual([
      "ok",
    ]);
    expect(collection.get("a", [])).toBeUndefined();
    expect(collection.stats().documentCount).toBe(0);
    expect(codes(await collection.upsert([{ externalId: "a", vector: vectorOf(1) }]))).toEqual(["ok"]);
    expect(collection.get("a", [])).toMatchObject({ version: 1 });
    await collection.close();
  });

  it("is removed in batches", async () => {
    const collection = await open();
    const documents = Array.from({ length: 2_500 }, () => ({ vector: vectorOf(1), ttlSeconds: 1 }));
    await collection.upsert([...documents, { vector: vectorOf(2) }]);
    nowMs += 1_000;
    const hadMore: boolean[] = [];
    for (let round = 0; round < 4; round++) hadMore.push(await collection.removeExpired());
    expect(hadMore).toEqual([true, true, false, false]);
    expect(collection.stats()).toMatchObject({ documentCount: 1 });
    await collection.close();
  });
});

it("changes and expires while dead rows are dropped, and after", async () => {
  const collection = await open();
  const expiring = Array.from({ length: 500 }, (_, n) => ({
    externalId: `e${n}`,
    vector: vectorOf(n),
    metadata: { n, isPatched: false },
    ttlSeconds: 60,
  }));
  const replaced = Array.from({ length: 400 }, (_, n) => ({ externalId: `r${n}`, vector: vectorOf(n) }));
  await collection.upsert(expiring);
  await collection.upsert(replaced);
  await collection.upsert(replaced);
  const before = collection.stats().rowCount;
  // The copy is under way: some of these are in it already, others not.
  for (let n = 0; collection.stats().rowCount === before; n++) {
    const id = `e${n % 250}`;
    await collection.patch([{ id, metadata: { isPatched: true }, ...(n % 5 === 0 && { ttlSeconds: 120 }) }]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await collection.patch(
    expiring.slice(0, 250).map(({ externalId: id }) => ({ id, metadata: { isPatched: true } })),
  );
  expect(await searchAll(collection, { isPatched: false })).toHaveLength(250);
  expect(await searchAll(collection, { isPatched: true })).toHaveLength(250);
  nowMs += 60_000;
  const left = (await searchAll(collection)).map(({ externalId }) => externalId!);
  const lasting = expiring
    .map(({ externalId }) => externalId)
    .filter((id) => collection.get(id, []) !== undefined);
  expect(lasting.length).toBeGreaterThan(0);
  expect(lasting.length).toBeLessThan(200);
  expect(left.filter((id) => id.startsWith("e")).toSorted()).toEqual(lasting.toSorted());
  expect(left).toHaveLength(400 + lasting.length);
  await collection.close();
});

interface Modelled {
  readonly id: string;
  readonly version: number;
  readonly metadata: JsonObject | undefined;
  readonly insertedAtMs: number;
  readonly expiresAtMs: number | undefined;
}

/** RFC 7396, section 2, word by word. */
function mergeByTheBook(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isObject ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergeByTheBook(result[name], value);
  }
  return result;
}

it.each([41, 42])("equals a Map over patches, expiries, kills and reopenings (seed %i)", async (seed) => {
  const random = new SeededRandom(seed);
  const model = new Map<string, Modelled>();
  const visible = (key: string): Modelled | undefined => {
    const found = model.get(key);
    return found?.expiresAtMs !== undefined && found.expiresAtMs <= nowMs ? undefined : found;
  };
  const anyKey = () => `d${random.nextInt(250)}`;
  const anyTtl = () => (random.nextInt(3) === 0 ? 1 + random.nextInt(30) : undefined);
  const anyVersion = (version: number) => (random.nextInt(4) === 0 ? random.nextInt(4) : version);
  const anyValue = (): JsonValue =>
    [
      random.nextInt(9),
      `w${random.nextInt(9)}`,
      [1, random.nextInt(9)],
      { lat: random.nextInt(9), lon: 5 },
      true,
    ][random.nextInt(5)]!;
  const anyMetadata = (): JsonObject =>
    Object.fromEntries(
      ["a", "b", "c", "d"].filter(() => random.nextInt(2) === 0).map((name) => [name, anyValue()]),
    );
  const filters: readonly JsonObject[] = [
    { a: 3 },
    { b: { $gte: 4 } },
    { c: { $prefix: "w" } },
    { d: { $exists: false } },
    { $or: [{ a: true }, { "b.lat": { $lt: 3 } }] },
    { c: { $geo_radius: { center: { lat: 4, lon: 5 }, radius_m: 150_000 } } },
  ];

  let collection = await open();
  let places = 0;
  const upsert = async () => {
    const keys = [...new Set(Array.from({ length: 1 + random.nextInt(40) }, anyKey))];
    const documents = keys.map((key) => {
      const before = visible(key);
      const ttlSeconds = anyTtl();
      const ifVersion = random.nextInt(3) === 0 ? anyVersion(before?.version ?? 0) : undefined;
      return {
        externalId: key,
        vector: vectorOf(random.nextGaussian()),
        metadata: anyMetadata(),
        ...(ttlSeconds !== undefined && { ttlSeconds }),
        ...(ifVersion !== undefined && { ifVersion }),
      };
    });
    const items = await collection.upsert(documents);
    for (const [at, { externalId, metadata, ttlSeconds, ifVersion }] of documents.entries()) {
      const before = visible(externalId);
      const isRefused = ifVersion !== undefined && ifVersion !== (before?.version ?? 0);
      const item = items[at]!;
      expect(item.ok).toBe(!isRefused);
      if (!item.ok) continue;
      if (before !== undefined) expect(item.id).toBe(before.id);
      else expect(item.id).not.toBe(model.get(externalId)?.id);
      model.set(externalId, {
        id: item.id,
        version: (before?.version ?? 0) + 1,
        metadata,
        insertedAtMs: before?.insertedAtMs ?? nowMs,
        expiresAtMs: ttlSeconds === undefined ? undefined : nowMs + ttlSeconds * 1_000,
      });
      expect(item.version).toBe(model.get(externalId)!.version);
    }
  };
  const patch = async () => {
    const keys = Array.from({ length: 1 + random.nextInt(30) }, anyKey);
    const patches = keys.map((id) => {
      const ttlSeconds = random.nextInt(4) === 0 ? null : anyTtl();
      const change = Object.fromEntries(
        Object.entries(anyMetadata()).map(([name, value]) => [name, random.nextInt(3) === 0 ? null : value]),
      );
      return {
        id,
        metadata: random.nextInt(20) === 0 ? null : change,
        ...(ttlSeconds !== undefined && { ttlSeconds }),
      };
    });
    const items = await collection.patch(patches);
    for (const [at, { id, metadata, ttlSeconds }] of patches.entries()) {
      const before = visible(id);
      expect(items[at]!.ok).toBe(before !== undefined);
      if (before === undefined) continue;
      model.set(id, {
        ...before,
        version: before.version + 1,
        metadata: metadata === null ? undefined : (mergeByTheBook(before.metadata, metadata) as JsonObject),
        expiresAtMs:
          ttlSeconds === undefined
            ? before.expiresAtMs
            : ttlSeconds === null
              ? undefined
              : nowMs + ttlSeconds * 1_000,
      });
    }
  };
  const remove = async () => {
    const keys = [...new Set(Array.from({ length: 1 + random.nextInt(10) }, anyKey))];
    const found = await collection.delete(keys);
    expect(found).toEqual(keys.map((key) => visible(key) !== undefined));
    for (const key of keys) model.delete(key);
  };
  /** As the disk is at this moment. */
  const kill = async () => {
    const killed = collection;
    const next = join(root, String(++places));
    cpSync(directory, next, { recursive: true });
    await killed.close();
    directory = next;
    collection = await open();
  };
  const check = async () => {
    const keys = [...model.keys()].filter((key) => visible(key) !== undefined);
    expect(collection.stats().documentCount).toBe(keys.length);
    for (let n = 0; n < 250; n++) {
      const expected = visible(`d${n}`);
      const found = collection.get(`d${n}`, ["metadata"]);
      expect(found?.version).toBe(expected?.version);
      expect(found?.metadata).toEqual(expected?.metadata);
      if (expected === undefined) continue;
      expect(found).toMatchObject({
        id: expected.id,
        insertedAt: new Date(expected.insertedAtMs).toISOString(),
      });
    }
    const sorted = (names: readonly (string | undefined)[]) => names.toSorted();
    expect(sorted((await searchAll(collection)).map(({ externalId }) => externalId))).toEqual(sorted(keys));
    for (const filter of filters) {
      const parsed = parseFilter(filter);
      const passing = keys.filter((key) => matchesFilter(visible(key)!.metadata ?? {}, parsed));
      const matches = await searchAll(collection, filter);
      expect(sorted(matches.map(({ externalId }) => externalId))).toEqual(sorted(passing));
      for (const { externalId, metadata } of matches)
        expect(metadata).toEqual(visible(externalId!)!.metadata);
    }
  };

  for (let step = 0; step < 140; step++) {
    const action = random.nextInt(100);
    if (action < 45) await upsert();
    else if (action < 70) await patch();
    else if (action < 76) await remove();
    else if (action < 86) nowMs += random.nextInt(8_000);
    else if (action < 92) await collection.removeExpired();
    else if (action < 94) await collection.checkpoint();
    else if (action < 96) await kill();
    else if (action < 98) {
      await collection.close();
      collection = await open();
    } else await new Promise((resolve) => setTimeout(resolve, 30));
    if (step % 10 === 0) await check();
  }
  await check();
  await collection.close();
});
