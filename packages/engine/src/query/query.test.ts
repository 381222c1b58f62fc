import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  deadlineAfter,
  type JsonObject,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { Collection, createCollectionFiles } from "../collection/collection.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import type { CollectionQuery } from "./collectionQuery.ts";

const dimension = 16;
const count = 2_400;
const random = new SeededRandom(83);
const builders = new Builders({ threadCount: 1 });
const directory = mkdtempSync(join(tmpdir(), "akidb-query-"));
const filler = "words that no index has room for ".repeat(9);

interface Written {
  readonly key: string;
  readonly vector: Float32Array;
  readonly metadata: JsonObject;
}

/** Groups lie together; one of them is most of what there is. */
const documents: readonly Written[] = Array.from({ length: count }, (_, n) => {
  const group = n % 3 === 0 ? n % 40 : 0;
  const vector = Float32Array.from(
    { length: dimension },
    (_, i) => random.nextGaussian() + (i === group % dimension ? 2 : 0),
  );
  const metadata: JsonObject = {
    number: n,
    group: `g${group}`,
    labels: [`l${n % 5}`, `l${n % 7}`],
    // One in ten has it, in a text that is too long for the index; and nearly all have the other.
    long: `${filler} ${n % 10 === 0 ? "rare" : ""} ${n % 20 === 1 ? "" : "common"}`,
    ...(n % 50 === 0 && { only: n }),
  };
  return { key: `d${n}`, vector, metadata };
});

let collection: Collection;
const options = {
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
  wal: { sync: "never" as const, syncIntervalMs: 5, segmentBytesMax: 10_000_000 },
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 12,
    efConstruction: 80,
    efSearch: 200,
    threshold: 500,
  },
};

beforeAll(async () => {
  await createCollectionFiles(options);
  collection = await Collection.open(options);
  await collection.upsert(documents.map(({ key, ...document }) => ({ externalId: key, ...document })));
  while (collection.stats().indexedCount < count) await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(async () => {
  await collection.close();
  await builders.close();
  rmSync(directory, { recursive: true });
});

const ask = (query: Partial<CollectionQuery>) =>
  collection.query({ topK: 10, include: ["metadata"], ...query }, noDeadline());
const probe = () => Float32Array.from({ length: dimension }, () => 2 * random.nextGaussian());
const distanceTo = (vector: Float32Array, other: Float32Array) =>
  Math.hypot(...vector.map((component, i) => component - other[i]!));
const nearestTo = (vector: Float32Array, passes: (written: Written) => boolean = () => true) =>
  documents
    .filter(passes)
    .map((written) => ({ ...written, distance: distanceTo(vector, written.vector) }))
    .sort((a, b) => a.distance - b.distance);
const keysOf = (found: readonly { readonly externalId?: string }[]) =>
  found.map(({ externalId }) => externalId);

describe("a filter on texts that the index leaves open", () => {
  it.each([
    ["common", "candidates", ({ metadata }: Written) => String(metadata["long"]).includes("common")],
    ["rare", "documents", ({ metadata }: Written) => String(metadata["long"]).includes("rare")],
  ] as const)("is exact, by what is read least: %s by %s", async (word, check, passes) => {
    for (const exact of [true, false]) {
      const vector = probe();
      const filter = { long: { $contains: word } };
      const { matches, explain } = await ask({
        vector,
        filter,
        exact,
        topK: check === "documents" ? 300 : 20,
      });
      const expected = nearestTo(vector, passes).slice(0, matches.length);
      const found = keysOf(matches);
      if (exact) expect(found).toEqual(expected.map(({ key }) => key));
      expect(found.filter((key) => !expected.some((each) => each.key === key)).length).toBeLessThan(3);
      expect(explain().filter).toMatchObject({ check });
      if (check === "candidates") expect(explain().filter?.documentsRead).toBeLessThan(400);
      else expect(matches).toHaveLength(240);
    }
  });

  it("reads all documents where the candidates do not have what was promised", async () => {
    // What passes is furthest away, so that a sample promises more than the nearest candidates hold.
    const vector = documents[1]!.vector;
    const filter = { $and: [{ long: { $contains: "common" } }, { number: { $lt: 2_300 } }] };
    const { matches } = await ask({ vector, filter, topK: 2_185, exact: true });
    const passes = ({ metadata }: Written) =>
      String(metadata["long"]).includes("common") && Number(metadata["number"]) < 2_300;
    expect(keysOf(matches)).toEqual(nearestTo(vector, passes).map(({ key }) => key));
  });

  it("stops reading at its deadline", async () => {
    using deadline = deadlineAfter(systemClock, 1);
    const query = { vector: probe(), topK: 1_000, include: [], filter: { long: { $contains: "rare" } } };
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(collection.query(query, deadline)).rejects.toMatchObject({ code: "deadline_exceeded" });
  });
});

describe("more like", () => {
  it("a document, which is no answer itself", async () => {
    const { vector, key } = documents[17]!;
    const { matches } = await ask({ id: key, exact: true });
    expect(keysOf(matches)).toEqual(
      nearestTo(vector)
        .slice(1, 11)
        .map(({ key }) => key),
    );
    const filtered = await ask({ id: key, exact: true, filter: { number: { $lt: 100 } } });
    expect(keysOf(filtered.matches)).not.toContain(key);
    await expect(ask({ id: "nobody" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("some and unlike others", async () => {
    const [a, b, c] = [documents[3]!, documents[9]!, documents[40]!];
    const vectors = { positive: [a.key, b.vector], negative: [c.key] };
    const { matches } = await ask({ vectors, exact: true });
    const mean = a.vector.map((component, i) => (component + b.vector[i]!) / 2);
    const expected = nearestTo(mean.map((component, i) => 2 * component - c.vector[i]!));
    const rest = expected.filter(({ key }) => key !== a.key && key !== c.key);
    expect(keysOf(matches)).toEqual(rest.slice(0, 10).map(({ key }) => key));
  });

  it.each<[Partial<CollectionQuery>, string]>([
    [{ vectors: { positive: [] } }, "vectors.positive"],
    [{ vectors: { positive: ["a"], negative: "b" as never } }, "vectors.negative"],
    [{ vectors: { positive: [[1, 2]] } }, "vectors.positive[0]"],
    [{ vectors: { positive: ["d1", ""] } }, "vectors.positive[1]"],
    [{ vectors: { positive: Array.from({ length: 101 }, () => "d1") } }, "vectors"],
    [{ vectors: null as never }, "vectors.positive"],
    [{ id: 5 as never }, "id"],
    [{ id: "d1", topK: 10_000 }, "top_k"],
    [{ id: "d1", offset: -1 }, "offset"],
    [{ id: "d1", offset: 9_999 }, "top_k"],
    [{ id: "d1", minScore: Number.NaN }, "min_score"],
    [{ id: "d1", rescore: 1 as never }, "params.rescore"],
    [{ id: "d1", groupBy: { field: "" } }, "group_by.field"],
    [{ id: "d1", groupBy: { field: "a", size: 101 } }, "group_by.size"],
    [{ id: "d1", groupBy: { field: "a", size: 100 }, topK: 101 }, "group_by.size"],
    [{ id: "d1", groupBy: { field: "a" }, offset: 1 }, "offset"],
    [{ id: "d1", vector: [1] }, "vector"],
  ])("what cannot be: %j", async (query, path) => {
    await expect(ask(query)).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [expect.objectContaining({ path })],
    });
  });
});

describe("a part of the ranking", () => {
  it("begins at an offset", async () => {
    const vector = probe();
    const all = await ask({ vector, topK: 30 });
    for (const offset of [0, 7, 25]) {
      const { matches } = await ask({ vector, topK: 5, offset, ef: 200 });
      expect(keysOf(matches)).toEqual(keysOf(all.matches).slice(offset, offset + 5));
    }
    expect((await ask({ vector, offset: count, topK: 1 })).matches).toEqual([]);
  });

  it("ends at a score", async () => {
    const vector = probe();
    const { matches: all } = await ask({ vector, topK: 30 });
    const minScore = all[12]!.score;
    const { matches } = await ask({ vector, topK: 30, minScore });
    expect(keysOf(matches)).toEqual(keysOf(all.filter(({ score }) => score >= minScore)));
    expect((await ask({ vector, minScore: 1 })).matches).toEqual([]);
  });

  it("has scores that are about right without rescoring", async () => {
    const vector = documents[5]!.vector;
    const [exact, byCodes] = [await ask({ vector }), await ask({ vector, rescore: false })];
    expect(byCodes.explain().exactDistances).toBe(0);
    expect(exact.explain().exactDistances).toBeGreaterThan(0);
    const { score, externalId } = byCodes.matches[1]!;
    const { distance } = nearestTo(vector).find(({ key }) => key === externalId)!;
    expect(Math.abs(score + distance) / distance).toBeLessThan(0.05);
  });
});

describe("groups", () => {
  function expectedGroups(
    vector: Float32Array,
    valuesOf: (written: Written) => readonly unknown[],
    { topK, size }: { readonly topK: number; readonly size: number },
  ) {
    const groups = new Map<unknown, string[]>();
    for (const written of nearestTo(vector)) {
      for (const value of new Set(valuesOf(written))) {
        if (!groups.has(value)) groups.set(value, []);
        if (groups.get(value)!.length < size) groups.get(value)!.push(written.key);
      }
    }
    return [...groups].slice(0, topK);
  }

  it.each([
    [5, 2],
    [14, 3],
    [100, 100],
    [1, 50],
  ])("are the %i with the nearest, %i of each, though most documents are of one", async (topK, size) => {
    const vector = probe();
    const { matches, groups } = await ask({ vector, topK, groupBy: { field: "group", size }, exact: true });
    expect(matches).toEqual([]);
    const expected = expectedGroups(vector, ({ metadata }) => [metadata["group"]], { topK, size });
    expect(groups!.map(({ value, matches }) => [value, keysOf(matches)])).toEqual(expected);
  });

  it("of arrays have a document in each of its values", async () => {
    const vector = probe();
    const how = { topK: 6, size: 40 };
    const groupBy = { field: "labels", size: how.size };
    const { groups } = await ask({ vector, topK: how.topK, groupBy, exact: true });
    const valuesOf = ({ metadata }: Written) => metadata["labels"] as readonly string[];
    const expected = expectedGroups(vector, valuesOf, how);
    expect(groups!.map(({ value, matches }) => [value, keysOf(matches)])).toEqual(expected);
  });

  it("leave out documents without the field, and hold to filter and least score", async () => {
    const vector = probe();
    const query = { vector, topK: 5, groupBy: { field: "only" }, exact: true };
    const { groups } = await ask(query);
    const expected = nearestTo(vector, ({ metadata }) => metadata["only"] !== undefined).slice(0, 5);
    expect(groups!.map(({ value }) => value)).toEqual(expected.map(({ metadata }) => metadata["only"]));
    const filtered = await ask({ ...query, filter: { number: { $lt: 200 } } });
    expect(filtered.groups!.map(({ value }) => value).sort()).toEqual([0, 100, 150, 50]);
    const near = await ask({ ...query, minScore: groups![1]!.matches[0]!.score });
    expect(near.groups).toHaveLength(2);
    expect((await ask({ ...query, groupBy: { field: "nothing" } })).groups).toEqual([]);
  });
});

describe("an explanation", () => {
  it("tells the plan, what it took, and where the time went", async () => {
    const vector = probe();
    const plain = (await ask({ vector })).explain();
    expect(plain).toMatchObject({ plan: "graph", matches: count, candidates: 10, tailRows: 0, filter: null });
    expect(plain.segments).toHaveLength(1);
    expect(plain.codeDistances).toBeGreaterThan(200);
    expect(plain.stages.map(({ name }) => name)).toEqual(["search", "documents"]);

    const exact = (await ask({ vector, exact: true })).explain();
    expect(exact).toMatchObject({ plan: "exact", exactDistances: count, codeDistances: 0 });

    const filter = { number: { $gte: 600 }, group: "g0", $not: { long: { $prefix: "words" } } };
    const filtered = (await ask({ vector, filter, explain: true })).explain();
    expect(filtered.filter?.conditions).toEqual([
      { field: "number", test: "$gte", source: "index", estimatedMatches: 1_800 },
      { field: "group", test: "$eq", source: "index", estimatedMatches: 1_620 },
      { field: "long", test: "$prefix", source: "documents", estimatedMatches: 240 },
    ]);
    expect(filtered.filter?.estimatedMatches).toBe(1_620);
    expect(filtered.stages.map(({ name }) => name)).toEqual(["filter", "search", "documents"]);

    const upper = { number: { $gte: count / 2 } };
    const half = (await ask({ vector, filter: upper, topK: 2, ef: 14 })).explain();
    expect(half).toMatchObject({ plan: "filtered", matches: count / 2 });
    const few = (await ask({ vector, filter: { number: { $lt: 12 } } })).explain();
    expect(few).toMatchObject({
      plan: "exact",
      matches: 12,
      filter: { check: "index", estimatedMatches: 12 },
    });
  });
});
