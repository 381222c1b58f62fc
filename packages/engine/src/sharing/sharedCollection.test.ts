import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  type CollectionId,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { Collection, createCollectionFiles } from "../collection/collection.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import type { CollectionShare } from "./collectionShare.ts";
import { type PlainQuery, SharedCollection } from "./sharedCollection.ts";
import { SharedCollections } from "./sharedCollections.ts";

const dimension = 8;
const cacheBytesMax = 1_000_000;
const builders = new Builders({ threadCount: 1 });
const { kernel } = builders;
const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

afterAll(() => builders.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-shared-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function openCollection(name = "collection"): Promise<Collection> {
  const options = {
    disk: unsyncedDisk(nodeDisk),
    directory: join(directory, name),
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
      efSearch: 50,
      threshold: 100,
      segmentRowsMax: 1_024,
    },
  };
  mkdirSync(options.directory);
  await createCollectionFiles(options);
  return await Collection.open(options);
}

const seed = 11;
const random = new SeededRandom(seed);
const anyVector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
const documentsOf = (count: number, metadata = {}) =>
  Array.from({ length: count }, (_, key) => ({ externalId: `d${key}`, vector: anyVector(), metadata }));

const shareOf = (collection: Collection): CollectionShare => {
  const share = collection.share();
  if (share === undefined) throw new Error("it has a graph");
  return share;
};

/** What is found by a graph depends on how far it is built. */
async function linked(collection: Collection): Promise<void> {
  for (;;) {
    const { explain } = await collection.query({ vector: anyVector(), topK: 1, include: [] }, noDeadline());
    if (explain().tailRows === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("a shared collection", () => {
  test("is none while there is no graph", async () => {
    const collection = await openCollection();
    await collection.upsert(documentsOf(50));
    expect(collection.share()).toBeUndefined();
    await collection.close();
    expect(collection.share()).toBeUndefined();
  });

  test(`answers as the collection itself, wherever it answers (seed ${seed})`, async () => {
    const collection = await openCollection();
    let shared: SharedCollection | undefined;
    let answered = 0;
    const expectSame = async (query: PlainQuery): Promise<void> => {
      const theirs = await shared?.query(query, noDeadline());
      if (theirs === undefined) return;
      const own = await collection.query(query, noDeadline());
      expect(theirs.matches).toEqual(own.matches);
      expect(theirs.plan).toBe(own.plan);
      const { stages: _, ...explained } = theirs.explain();
      expect(own.explain()).toMatchObject(explained);
      answered += 1;
    };
    for (let round = 0; round < 12; round++) {
      const documents = documentsOf(400, { round }).filter(() => round === 0 || random.nextInt(3) === 0);
      await collection.upsert(documents);
      await collection.delete([`d${random.nextInt(400)}`, `d${random.nextInt(400)}`]);
      await collection.patch([{ id: `d${round}`, metadata: { patched: true } }]).catch(() => {});
      // Of what is not written yet, nobody else may answer.
      expect(
        await shared?.query({ vector: anyVector(), topK: 5, include: [] }, noDeadline()),
      ).toBeUndefined();
      if (round % 3 !== 2) await collection.settle();
      if (shared === undefined || shared.isEnded) {
        shared?.[Symbol.dispose]();
        shared = new SharedCollection({
          share: shareOf(collection),
          kernel,
          clock: systemClock,
          guestNumber: 1,
          cacheBytesMax,
        });
      }
      await linked(collection);
      for (let query = 0; query < 20; query++) {
        await expectSame({
          vector: anyVector(),
          topK: 1 + random.nextInt(30),
          offset: random.nextInt(5),
          ...(random.nextInt(2) === 0 && { ef: 10 + random.nextInt(100) }),
          ...(random.nextInt(3) === 0 && { minScore: -random.nextInt(8) }),
          ...(random.nextInt(4) === 0 && { rescore: false }),
          include: random.nextInt(2) === 0 ? ["metadata"] : ["vector", "text"],
        });
      }
    }
    expect(answered).toBeGreaterThan(100);
    shared?.[Symbol.dispose]();
    await collection.close();
  });

  test("refuses what the collection itself refuses", async () => {
    const collection = await openCollection();
    await collection.upsert(documentsOf(200));
    await collection.settle();
    using shared = new SharedCollection({
      share: shareOf(collection),
      kernel,
      clock: systemClock,
      guestNumber: 1,
      cacheBytesMax,
    });
    const bad = { vector: new Float32Array(3), topK: 0, include: [] };
    const error = await collection.query(bad, noDeadline()).catch((reason: unknown) => reason);
    await expect(shared.query(bad, noDeadline())).rejects.toEqual(error);
    await collection.close();
  });

  test("answers nothing while a document may expire, and once the collection is closed", async () => {
    const collection = await openCollection();
    await collection.upsert(documentsOf(200));
    await collection.settle();
    using shared = new SharedCollection({
      share: shareOf(collection),
      kernel,
      clock: systemClock,
      guestNumber: 1,
      cacheBytesMax,
    });
    const query = { vector: anyVector(), topK: 5, include: [] };
    expect((await shared.query(query, noDeadline()))?.matches).toHaveLength(5);
    await collection.upsert([{ externalId: "short", vector: anyVector(), ttlSeconds: 3_600 }]);
    await collection.settle();
    expect(await shared.query(query, noDeadline())).toBeUndefined();
    await collection.delete(["short"]);
    await collection.settle();
    expect((await shared.query(query, noDeadline()))?.matches).toHaveLength(5);
    await collection.close();
    expect(shared.isEnded).toBe(true);
    expect(await shared.query(query, noDeadline())).toBeUndefined();
  });

  test("leaves the collection itself and its builders the working spaces that they need", async () => {
    const collection = await openCollection();
    await collection.upsert(documentsOf(200));
    await collection.settle();
    const share = shareOf(collection);
    const opened: SharedCollection[] = [];
    const open = () =>
      opened.push(new SharedCollection({ share, kernel, clock: systemClock, guestNumber: 1, cacheBytesMax }));
    expect(() => {
      for (;;) open();
    }).toThrow(expect.objectContaining({ code: "unavailable" }));
    expect(opened.length).toBeGreaterThan(3);
    const query = { vector: anyVector(), topK: 5, exact: true, include: [] };
    expect((await collection.query(query, noDeadline())).matches).toHaveLength(5);
    await linked(collection);
    for (const each of opened) each[Symbol.dispose]();
    await collection.close();
  });

  test("has back the working spaces of a thread that failed, and those alone", async () => {
    const collection = await openCollection();
    await collection.upsert(documentsOf(200));
    await collection.settle();
    const opened: SharedCollection[] = [];
    const openAs = (guestNumber: number) =>
      opened.push(
        new SharedCollection({
          share: shareOf(collection),
          kernel,
          clock: systemClock,
          guestNumber,
          cacheBytesMax,
        }),
      );
    openAs(1);
    expect(() => {
      for (;;) openAs(2);
    }).toThrow(expect.objectContaining({ code: "unavailable" }));
    const count = opened.length;
    collection.releaseGuest(2);
    expect(() => {
      for (;;) openAs(3);
    }).toThrow();
    expect(opened.length).toBe(count + count - 1);
    for (const each of opened) each[Symbol.dispose]();
    await collection.close();
  });

  test("in another thread is of one moment, and never from before what was acknowledged", async () => {
    const collection = await openCollection();
    const generation = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL("./searchingThread.test.worker.ts", import.meta.url), {
      workerData: { generation },
      execArgv: [],
    });
    onTestFinished(async () => void (await worker.terminate()));
    await once(worker, "message");
    let sharedId: string | undefined;
    for (let round = 1; round <= 40; round++) {
      await collection.upsert(documentsOf(150, { generation: round }));
      Atomics.store(generation, 0, round);
      if (round % 4 !== 0) await collection.settle();
      const share = shareOf(collection);
      if (share.id !== sharedId) worker.postMessage(share);
      sharedId = share.id;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    worker.postMessage("stop");
    const [{ answered, wrong }] = await once(worker, "message");
    expect(wrong).toBe(0);
    expect(answered).toBeGreaterThan(20);
    await collection.close();
  });
});

test("shared collections keep what they read within one bound", async () => {
  const cacheBytesMax = 60_000;
  const shared = new SharedCollections({ clock: systemClock, guestNumber: 1, cacheBytesMax });
  const names = ["a", "b", "c", "d"];
  const collections = await Promise.all(names.map((name) => openCollection(name)));
  for (const collection of collections) {
    await collection.upsert(documentsOf(200, { long: "x".repeat(200) }));
    await collection.settle();
    const share = shareOf(collection);
    shared.offer(share);
    const read = async () => {
      const query = { vector: anyVector(), topK: 30, include: ["metadata"] } as const;
      expect((await shared.get(share.id)?.query(query, noDeadline()))?.matches).toHaveLength(30);
    };
    for (let reading = 0; reading < 10; reading++) await read();
    expect(shared.cacheBytes).toBeGreaterThan(cacheBytesMax / 8);
    expect(shared.cacheBytes).toBeLessThanOrEqual(cacheBytesMax);
  }
  shared.close();
  for (const collection of collections) await collection.close();
});
