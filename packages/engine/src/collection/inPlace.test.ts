import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type DocumentInput,
  noDeadline,
  SeededRandom,
  type SnapshotId,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import type { DamagedFileError } from "../damagedFileError.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import type { CollectionQuery } from "../query/collectionQuery.ts";
import { readSnapshotManifest } from "../snapshot/readSnapshotManifest.ts";
import { restoreSnapshot } from "../snapshot/restoreSnapshot.ts";
import { Collection, createCollectionFiles } from "./collection.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";
import { openingBytes } from "./openingBytes.ts";

const dimension = 16;
const count = 900;
const random = new SeededRandom(61);
const builders = new Builders({ threadCount: 1 });
const root = mkdtempSync(join(tmpdir(), "akidb-in-place-"));
afterAll(async () => {
  await builders.close();
  rmSync(root, { recursive: true });
});

const optionsOf = (name: string, overrides: Partial<OpenCollectionOptions> = {}): OpenCollectionOptions => ({
  disk: unsyncedDisk(nodeDisk),
  directory: join(root, name),
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
  dimension,
  metric: "cosine",
  maxDocumentCount: 100_000,
  metadataBytesMax: 10_000,
  textLanguage: "english",
  recallChecksPerMinute: 60_000,
  wal: { sync: "never", syncIntervalMs: 5, segmentBytesMax: 10_000_000 },
  graph: {
    builders,
    quantization: "int8",
    linksMax: 8,
    efConstruction: 50,
    efSearch: 60,
    threshold: 200,
    segmentRowsMax: 512,
  },
  ...overrides,
});

const words = ["red", "green", "blue", "north", "south", "harbour", "engine", "paper"];
const randomVector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
const documentOf = (n: number): DocumentInput => ({
  externalId: `d${n}`,
  vector: randomVector(),
  text: Array.from({ length: 6 }, () => words[random.nextInt(words.length)]).join(" "),
  metadata: { n, group: `g${n % 13}`, tags: [words[n % 8]!, words[n % 5]!] },
});

/** Of a graph, with dead rows, patched documents and some that will expire, closed at its checkpoint. */
async function makeWarm(
  name: string,
  overrides: Partial<OpenCollectionOptions["graph"]> = {},
): Promise<void> {
  const graph = { ...optionsOf(name).graph, ...overrides };
  const options = optionsOf(name, { graph });
  await nodeDisk.makeDirectory(options.directory);
  await createCollectionFiles(options);
  const collection = await Collection.open(options);
  await collection.upsert(Array.from({ length: count }, (_, n) => documentOf(n)));
  await collection.upsert(Array.from({ length: 40 }, (_, n) => documentOf(n * 7)));
  await collection.delete(Array.from({ length: 30 }, (_, n) => `d${n * 11}`));
  await collection.patch([{ id: "d5", metadata: { group: "patched" } }]);
  while (collection.use().unindexedCount > 0) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await collection.checkpoint();
  await collection.close();
}

const openInPlace = (name: string, overrides: Partial<OpenCollectionOptions> = {}) =>
  Collection.open(optionsOf(name, { inPlace: true, ...overrides }));

/** Of all kinds. */
const queries: fc.Arbitrary<CollectionQuery> = fc
  .record({
    topK: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
    target: fc.constantFrom("vector", "id", "vectors", "fullText", "hybrid"),
    filter: fc.constantFrom(
      undefined,
      { group: "g3" },
      { n: { $gte: 200 } },
      { tags: "red", n: { $lt: 100 } },
    ),
    exact: fc.boolean(),
    offset: fc.constantFrom(0, 0, 7),
    groupBy: fc.boolean(),
    rescore: fc.constantFrom(true, true, false),
  })
  .map(({ seed, target, filter, groupBy, exact, offset, rescore, topK }): CollectionQuery => {
    const chance = new SeededRandom(seed);
    const vector = Float32Array.from({ length: dimension }, () => chance.nextGaussian());
    const id = `d${1 + 11 * chance.nextInt(60)}`;
    const include = ["vector", "metadata", "text"] as const;
    const text = `${words[chance.nextInt(8)]} ${words[chance.nextInt(8)]}`;
    const targets = {
      vector: { vector },
      id: { id },
      vectors: { vectors: { positive: [id, vector] } },
      fullText: { fullText: text },
      hybrid: { vector, hybrid: { text, isPlain: true, path: "hybrid.text" } },
    };
    const hasFilter = filter !== undefined && { filter };
    const asked = { topK, include, ...targets[target], ...hasFilter };
    if (target === "fullText" || target === "hybrid") return asked;
    if (groupBy) return { ...asked, exact, groupBy: { field: "group", size: 3 } };
    return { ...asked, offset, exact, ...(!exact && { rescore }) };
  });

async function answerOf(collection: Collection, query: CollectionQuery): Promise<unknown> {
  try {
    const { matches, groups, explain, plan } = await collection.query(query, noDeadline());
    const { stages: _, ...explanation } = explain();
    return { matches, groups, plan, explanation };
  } catch (error) {
    return (error as Error).message;
  }
}

const include = ["vector", "metadata", "text"] as const;

/** What can be read but by queries. */
async function contentsOf(collection: Collection): Promise<unknown> {
  const { contents } = collection;
  const filter = { n: { $gte: 300 } };
  return {
    got: collection.get("d8", include),
    fetched: await contents.fetch({ keys: ["d8", "d9", "d11", "none"], include }, noDeadline()),
    scrolled: await contents.scroll({ limit: 2_000, include }, noDeadline()),
    filtered: await contents.scroll({ limit: 50, include, filter }, noDeadline()),
    count: await contents.count({ filter }, noDeadline()),
    values: await contents.values({ field: "group", limit: 20 }, noDeadline()),
  };
}

/** Where the log ends, and the files of the newest checkpoint. */
function filesOf(name: string): readonly string[] {
  const wal = readdirSync(join(root, name, "wal"));
  const checkpoints = readdirSync(join(root, name, "checkpoint")).sort();
  return [...wal, ...checkpoints, ...readdirSync(join(root, name, "checkpoint", checkpoints.at(-1)!))];
}

describe("a collection searched in place", () => {
  let hot: Collection;
  let cold: Collection;
  beforeAll(async () => {
    await makeWarm("hot");
    cpSync(join(root, "hot"), join(root, "cold"), { recursive: true });
    hot = await Collection.open(optionsOf("hot"));
    cold = await openInPlace("cold");
  });
  afterAll(async () => {
    await hot.close();
    await cold.close();
  });

  it("answers every query as one in memory does, to the bit", async () => {
    expect([hot.isInPlace, cold.isInPlace]).toEqual([false, true]);
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        expect(await answerOf(cold, query)).toEqual(await answerOf(hot, query));
      }),
      { numRuns: 80 },
    );
  });

  it("has the same documents, and tells what it takes", async () => {
    expect(await contentsOf(cold)).toEqual(await contentsOf(hot));
    const { documentCount, indexedCount } = hot.stats();
    expect(cold.stats()).toMatchObject({ documentCount, indexedCount, recall: undefined });
    expect(cold.isIdle).toBe(true);
    expect(cold.promotedBytes - cold.memoryBytes).toBe((count + 40) * 4 * dimension);
    expect(cold.use().memory.indexes).toBe(cold.memoryBytes - cold.use().memory.documents);
    const toOpen = await openingBytes(nodeDisk, join(root, "cold"));
    const toOpenInPlace = await openingBytes(nodeDisk, join(root, "cold"), { inPlace: true });
    expect(toOpen - toOpenInPlace).toBe((count + 40) * 4 * dimension);
  });

  it("refuses what needs it in memory, and nothing of it has happened", async () => {
    const before = filesOf("cold");
    const document = documentOf(1);
    const refused = [
      cold.upsert([document]),
      cold.patch([{ id: "d5", metadata: { group: "other" } }]),
      cold.delete(["d5"]),
      cold.deleteMatching({ filter: { n: 5 } }, noDeadline()),
      cold.deleteKeys({ keys: ["d5"] }, noDeadline()),
    ];
    for (const write of refused) await expect(write).rejects.toThrow(PromotionNeededError);
    expect(await cold.removeExpired()).toBe(false);
    await cold.checkpoint();
    expect(filesOf("cold")).toEqual(before);
    expect(cold.get("d5", include)).toEqual(hot.get("d5", include));
  });

  it("gives a snapshot, of which a collection is made that has the same", async () => {
    const directory = join(root, "snapshot");
    const snapshotId = "01890000-0000-7000-8000-000000000003" as SnapshotId;
    await cold.snapshots.write({ snapshotId, origin: "manual", compression: "zstd", directory });
    const disk = nodeDisk;
    const restored = optionsOf("restored");
    await restoreSnapshot({
      disk,
      from: directory,
      manifest: await readSnapshotManifest({ disk, directory }),
      directory: restored.directory,
      collectionId: restored.collectionId,
      expected: { dimension, metric: "cosine", hnswM: 8, hnswEfConstruction: 50, quantization: "int8" },
      clock: systemClock,
      ids: restored.ids,
    });
    const collection = await Collection.open(restored);
    expect(await contentsOf(collection)).toEqual(await contentsOf(cold));
    await collection.close();
  });

  it("is opened in memory again, written to, and searched in place once it has a checkpoint of that", async () => {
    await makeWarm("moved");
    await (await openInPlace("moved")).close();
    const promoted = await Collection.open(
      optionsOf("moved", { checkpointPolicy: { closeLogBytesMin: 1e9 } }),
    );
    await promoted.upsert([{ ...documentOf(1), externalId: "new" }]);
    await promoted.close();
    const before = filesOf("moved");
    await expect(openInPlace("moved")).rejects.toThrow("the log holds more than its checkpoint");
    expect(filesOf("moved")).toEqual(before);
    const again = await Collection.open(optionsOf("moved"));
    const expected = again.get("new", include);
    await again.checkpoint();
    await again.close();
    const inPlace = await openInPlace("moved");
    // Not linked yet: its row is looked at like any other.
    const { vector } = expected!;
    const { matches } = await inPlace.query({ vector: vector!, topK: 1, include }, noDeadline());
    expect(matches).toMatchObject([{ externalId: "new", text: expected!.text, vector }]);
    expect(inPlace.get("new", include)).toEqual(expected);
    await inPlace.close();
  });

  it("is opened as ever where it is small, or keeps nothing but floats", async () => {
    for (const [name, graph] of [
      ["flat", { threshold: 10_000 }],
      ["floats", { quantization: "none" }],
    ] as const) {
      await makeWarm(name, graph);
      const opened = await openInPlace(name, { graph: { ...optionsOf(name).graph, ...graph } });
      expect(opened.isInPlace).toBe(false);
      await opened.upsert([documentOf(1)]);
      await opened.close();
    }
  });

  it("tells of a damaged vector, and is made whole by opening it in memory", async () => {
    await makeWarm("damaged");
    const again = await Collection.open(optionsOf("damaged"));
    await again.upsert([documentOf(2_000)]);
    await again.checkpoint();
    const sound = await contentsOf(again);
    await again.close();
    const newest = readdirSync(join(root, "damaged", "checkpoint"))
      .sort()
      .at(-1)!;
    const path = join(root, "damaged", "checkpoint", newest, "segment-1");
    const bytes = readFileSync(path);
    bytes[bytes.length - 70]! ^= 4;
    rmSync(path);
    writeFileSync(path, bytes);

    const damages: DamagedFileError[] = [];
    const inPlace = await openInPlace("damaged", { onDamage: (error) => damages.push(error) });
    expect(inPlace.isDamagedInPlace).toBe(false);
    const query = { vector: randomVector(), topK: 5, include };
    const searching = inPlace.query({ ...query, exact: true }, noDeadline());
    await expect(searching).rejects.toMatchObject({ code: "unavailable" });
    expect(damages[0]).toMatchObject({ file: `checkpoint/${newest}/segment-1` });
    expect(inPlace.isDamagedInPlace).toBe(true);
    await inPlace.close();

    const whole = await Collection.open(optionsOf("damaged"));
    expect(whole.recovery.damagedCheckpoints).toHaveLength(1);
    expect(await contentsOf(whole)).toEqual(sound);
    await whole.close();
  });
});
