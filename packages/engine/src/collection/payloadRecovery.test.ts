import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type JsonObject,
  noDeadline,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { verifyCollectionFiles } from "../verify/verifyCollectionFiles.ts";
import { Collection, createCollectionFiles } from "./collection.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";
import { recoverCollection } from "./recoverCollection.ts";

const dimension = 16;
const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

afterAll(() => builders.close());
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-payload-recovery-"));
  await createCollectionFiles(options());
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const options = (overrides: Partial<OpenCollectionOptions> = {}): OpenCollectionOptions => ({
  disk: unsyncedDisk(nodeDisk),
  directory,
  collectionId,
  clock: systemClock,
  ids,
  dimension,
  metric: "l2",
  maxDocumentCount: 100_000,
  metadataBytesMax: 10_000,
  recallChecksPerMinute: 0,
  wal: { sync: "never", syncIntervalMs: 5, segmentBytesMax: 1_000_000 },
  graph: {
    builders,
    quantization: "int8",
    linksMax: 8,
    efConstruction: 50,
    efSearch: 100,
    threshold: 100_000,
  },
  checkpointPolicy: { closeLogBytesMin: Number.POSITIVE_INFINITY, linkedRowsMin: 500 },
  ...overrides,
});
const open = (overrides: Partial<OpenCollectionOptions> = {}) => Collection.open(options(overrides));

const documents = (from: number, count: number, generation = 1) =>
  Array.from({ length: count }, (_, n) => ({
    externalId: `d${from + n}`,
    vector: new Float32Array(dimension).fill(from + n),
    metadata: { n: from + n, generation, name: `name ${(from + n) % 7}` },
  }));

async function keysOf(collection: Collection, filter: JsonObject): Promise<readonly string[]> {
  const vector = new Float32Array(dimension);
  const query = { vector, topK: 1_000, exact: true, filter, include: [] } as const;
  const { matches } = await collection.query(query, noDeadline());
  return matches.map(({ externalId }) => externalId!);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `d${from + n}`);

const checkpointNames = () => readdirSync(join(directory, "checkpoint")).sort();
const pathOf = (checkpoint: string, file: string) => join(directory, "checkpoint", checkpoint, file);

async function writeCollection(): Promise<string> {
  const collection = await open();
  await collection.upsert(documents(0, 600));
  await collection.upsert(documents(0, 50, 2));
  await collection.checkpoint();
  await collection.upsert(documents(40, 20, 3));
  await collection.upsert(documents(600, 10));
  await collection.delete(["d45"]);
  await collection.close();
  return checkpointNames().at(-1)!;
}

async function expectAll(collection: Collection): Promise<void> {
  expect(await keysOf(collection, { generation: 2 })).toEqual(range(0, 40));
  expect(await keysOf(collection, { generation: 3 })).toEqual([...range(40, 45), ...range(46, 60)]);
  expect(await keysOf(collection, { n: { $gte: 590 } })).toEqual(range(590, 610));
  expect(await keysOf(collection, { name: { $prefix: "name 3" }, n: { $lt: 20 } })).toEqual([
    "d3",
    "d10",
    "d17",
  ]);
}

const verify = () =>
  verifyCollectionFiles({
    disk: nodeDisk,
    directory,
    collectionId,
    name: "c",
    isLive: false,
    progress: { onFile: () => {}, onRead: () => {} },
  });

describe("the payload index of a collection with a checkpoint", () => {
  it("is loaded, and taken further by what the log has behind", async () => {
    await writeCollection();
    expect((await verify()).damages).toEqual([]);
    const collection = await open();
    expect(collection.recovery).toMatchObject({ checkpointLsn: 2, damagedPayload: undefined });
    await expectAll(collection);
    await collection.upsert(documents(100, 1, 4));
    expect(await keysOf(collection, { generation: 4 })).toEqual(["d100"]);
    await collection.close();
  });

  it.each<readonly [string, (path: string) => void]>([
    [
      "damaged",
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
    ["missing", (path) => rmSync(path)],
  ])("is made again where its file is %s, and the checkpoint is kept", async (how, harm) => {
    const name = await writeCollection();
    harm(pathOf(name, "payload"));
    const found = await verify();
    expect(found.damages).toEqual([
      expect.objectContaining({ file: `checkpoint/${name}/payload`, loss: "none" }),
    ]);

    const collection = await open();
    expect(collection.recovery).toMatchObject({
      checkpointLsn: 2,
      damagedCheckpoints: [],
      damagedPayload: { file: `checkpoint/${name}/payload` },
    });
    await expectAll(collection);
    expect(readdirSync(join(directory, "checkpoint", name)).includes("payload.damaged")).toBe(
      how === "damaged",
    );
    await collection.close();
    // With enough rows, the close has written it anew.
    const newest = checkpointNames().at(-1)!;
    expect(newest).not.toBe(name);
    expect(readdirSync(join(directory, "checkpoint", newest))).toContain("payload");
    const after = await verify();
    expect(after.damages).toEqual([]);
    expect(after.putAside).toEqual(how === "damaged" ? [`checkpoint/${name}/payload.damaged`] : []);

    const reopened = await open();
    expect(reopened.recovery.damagedPayload).toBeUndefined();
    await expectAll(reopened);
    await reopened.close();
  });

  it("comes with a copy without dead rows", async () => {
    const collection = await open();
    await collection.upsert(documents(0, 1_000));
    await collection.upsert(documents(0, 1_000, 2));
    while (collection.stats().rowCount > 1_000) await new Promise((resolve) => setTimeout(resolve, 5));
    await collection.checkpoint();
    await collection.close();
    const reopened = await open();
    expect(reopened.recovery.damagedPayload).toBeUndefined();
    expect(await keysOf(reopened, { n: { $lt: 5 }, generation: 2 })).toEqual(range(0, 5));
    expect(await keysOf(reopened, { generation: 1 })).toEqual([]);
    await reopened.close();
  });

  it("is there when the collection is, without a look at documents", async () => {
    const name = await writeCollection();
    const isThere = async (): Promise<boolean> => {
      const { state, documents: store, wal } = await recoverCollection(options());
      const { isUpToDate } = state.payload;
      await wal.close();
      await state.close();
      await store.close();
      return isUpToDate;
    };
    expect(await isThere()).toBe(true);
    rmSync(pathOf(name, "payload"));
    expect(await isThere()).toBe(false);
  });
});
