import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type JsonObject,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { Collection, createCollectionFiles } from "./collection.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

afterAll(() => builders.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-filtered-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const options = () => ({
  disk: unsyncedDisk(nodeDisk),
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids,
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
    threshold: 500,
    segmentRowsMax: 1_024,
  },
});

interface Written {
  readonly vector: Float32Array;
  readonly metadata: JsonObject;
}

const seed = 31;

it(`finds the nearest that pass, through graphs, compactions and restarts (seed ${seed})`, async () => {
  const random = new SeededRandom(seed);
  const model = new Map<string, Written>();
  const makeDocument = (key: number) => {
    // What is asked for lies together in one part of the space.
    const group = random.nextInt(10);
    const vector = Float32Array.from(
      { length: dimension },
      (_, i) => random.nextGaussian() + (i === group ? 3 : 0),
    );
    const metadata: JsonObject = {
      group,
      number: random.nextInt(1_000),
      name: `name ${random.nextInt(2_000)}`,
      ...(random.nextInt(20) === 0 && { text: "a long text about everything ".repeat(12), rare: true }),
    };
    model.set(`d${key}`, { vector, metadata });
    return { externalId: `d${key}`, vector, metadata };
  };
  const filters: readonly JsonObject[] = [
    { group: 3 },
    { group: { $ne: 3 } },
    { number: { $lt: 10 } },
    { number: { $gte: 500 }, group: { $in: [1, 2] } },
    { name: { $prefix: "name 19" } },
    { text: { $contains: "everything" } },
    { $or: [{ rare: true }, { number: 17 }] },
    { rare: { $exists: false }, $not: { number: { $lt: 990 } } },
    { number: 5_000 },
  ];
  let found = 0;
  let wanted = 0;
  const check = async (collection: Collection): Promise<void> => {
    for (const filter of filters) {
      const parsed = parseFilter(filter);
      const vector = Float32Array.from({ length: dimension }, () => 2 * random.nextGaussian());
      const passing = [...model].filter(([, { metadata }]) => matchesFilter(metadata, parsed));
      const distance = (written: Written) =>
        Math.hypot(...written.vector.map((component, i) => component - vector[i]!));
      const nearest = passing
        .map(([key, written]) => ({ key, distance: distance(written) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 10)
        .map(({ key }) => key);
      for (const exact of [true, false]) {
        const query = { vector, topK: 10, exact, filter, include: ["metadata"] } as const;
        const matches = (await collection.query(query, noDeadline())).matches;
        const keys = matches.map(({ externalId }) => externalId!);
        expect(keys.filter((key) => !matchesFilter(model.get(key)!.metadata, parsed))).toEqual([]);
        expect(keys).toHaveLength(nearest.length);
        if (exact) expect(keys).toEqual(nearest);
        found += keys.filter((key) => nearest.includes(key)).length;
        wanted += nearest.length;
      }
    }
  };

  await createCollectionFiles(options());
  let collection = await Collection.open(options());
  for (let round = 0; round < 6; round++) {
    await collection.upsert(Array.from({ length: 500 }, () => makeDocument(random.nextInt(1_500))));
    await check(collection);
    const gone = Array.from({ length: 60 }, () => `d${random.nextInt(1_500)}`);
    await collection.delete(gone);
    for (const key of gone) model.delete(key);
    await check(collection);
    if (round % 2 === 1) {
      await collection.close();
      collection = await Collection.open(options());
      await check(collection);
    }
  }
  await collection.close();
  expect(found / wanted).toBeGreaterThan(0.95);
}, 120_000);
