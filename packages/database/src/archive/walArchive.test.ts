import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, SeededRandom, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { Builders, type ClosedSegment, Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";
import {
  allObjects,
  type ObjectStore,
  objectBytes,
  openLocalObjectStore,
  openMemoryObjectStore,
  openS3ObjectStore,
} from "@akidb/objects";
import { type S3Server, startS3Server } from "@akidb/objects/s3-server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ArchivedSegment } from "./archivedSegment.ts";
import { WalArchive } from "./walArchive.ts";

const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const ids = new UuidV7Generator(systemClock, systemRandom);
const builders = new Builders({ threadCount: 1 });
let root: string;
let closed: ClosedSegment[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-archive-"));
  closed = await writeLog(6);
});
afterEach(() => rmSync(root, { recursive: true }));
afterAll(() => builders.close());

/** A log of so many closed segments, some of one record, some of many. */
async function writeLog(count: number): Promise<ClosedSegment[]> {
  const segments: ClosedSegment[] = [];
  const directory = join(root, "collection");
  const files = { disk: nodeDisk, directory, collectionId, clock: systemClock, ids };
  await nodeDisk.makeDirectory(directory);
  await createCollectionFiles(files);
  const collection = await Collection.open({
    ...files,
    dimension: 16,
    metric: "cosine",
    maxDocumentCount: 10_000,
    metadataBytesMax: 1_000,
    wal: { sync: "never", syncIntervalMs: 5, segmentBytesMax: 1 << 24 },
    graph: {
      builders,
      quantization: "int8",
      linksMax: 8,
      efConstruction: 50,
      efSearch: 50,
      threshold: 10_000,
    },
    recallChecksPerMinute: 0,
    onSegmentClosed: async (segment) => void segments.push(segment),
  });
  for (let each = 0; each < count; each++) {
    const documents = each % 2 === 0 ? 1 : 200;
    const vector = new Float32Array(16).fill(1);
    await collection.upsert(Array.from({ length: documents }, (_, i) => ({ externalId: `d${i}`, vector })));
    await collection.delete(["d0"]);
    await collection.handOverLog();
  }
  await collection.close();
  return segments;
}

const archiveOn = (store: ObjectStore): WalArchive =>
  new WalArchive({
    store,
    uploads: store,
    disk: nodeDisk,
    collectionId,
    ids,
    packedBytesMax: 4_096,
    packWaitMaxMs: 1,
  });

async function expectWhole(store: ObjectStore): Promise<void> {
  const archive = archiveOn(store);
  const segments = await archive.segments();
  expect(segments.map(({ firstLsn }) => firstLsn)).toEqual(closed.map(({ firstLsn }) => firstLsn));
  for (const [index, segment] of segments.entries()) {
    const path = join(root, `downloaded-${ids.next()}`);
    await archive.download(segment, path);
    expect(readFileSync(path).equals(readFileSync(closed[index]!.path))).toBe(true);
    expect(segment).toMatchObject({ lastLsn: closed[index]!.lastLsn, lastTimeMs: expect.any(Number) });
  }
  await archive.close();
}

async function archiveAll(store: ObjectStore): Promise<void> {
  const archive = archiveOn(store);
  await Promise.all(closed.map((segment) => archive.archive(segment)));
  await archive.close();
}

const memory = () => openMemoryObjectStore({ clock: systemClock, random: new SeededRandom(1) });

describe("the archive of a log", () => {
  it.each([
    ["in memory", memory],
    [
      "in a folder",
      () =>
        openLocalObjectStore({
          directory: join(root, "objects"),
          random: new SeededRandom(2),
        }),
    ],
  ])("%s gives back every closed file, and sends none twice", async (_, open) => {
    const store = open();
    await archiveAll(store);
    const before = await store.list();
    expect(before.objects.map(({ key }) => key).some((key) => key.includes("/packs/"))).toBe(true);
    expect(before.objects.map(({ key }) => key).some((key) => key.includes("/segments/"))).toBe(true);
    await archiveAll(store);
    expect(await store.list()).toEqual(before);
    await expectWhole(store);
  });

  it("is whole in the end, wherever it stopped and began again", async () => {
    for (let puts = 0; ; puts++) {
      const store = memory();
      const { isStopped, ...stopping } = stoppingAfter(store, puts);
      const archive = archiveOn(stopping);
      const results = await Promise.allSettled(closed.map((segment) => archive.archive(segment)));
      await archive.close();
      const named = await archiveOn(store).segments();
      // What was said to be there is there.
      for (const [index, { status }] of results.entries()) {
        if (status === "rejected") continue;
        expect(named.map(({ firstLsn }) => firstLsn)).toContain(closed[index]!.firstLsn);
      }
      await archiveAll(store);
      await expectWhole(store);
      if (!isStopped()) break;
    }
  });

  it("forgets what is not needed, and leaves no object of it, wherever it stops", async () => {
    const isBefore = (lsn: number) => (segments: readonly ArchivedSegment[]) =>
      segments.filter(({ lastLsn }) => lastLsn < lsn);
    const { firstLsn } = closed[3]!;
    for (let changes = 0; ; changes++) {
      const store = memory();
      await archiveAll(store);
      let count = 0;
      const change = <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
        return async (...args: Args): Promise<Result> => {
          if (++count > changes) throw new Error("the process is gone");
          return await work(...args);
        };
      };
      const stopping = { ...store, put: change(store.put), deleteMany: change(store.deleteMany) };
      await archiveOn(stopping)
        .drop(isBefore(firstLsn))
        .catch(() => {});
      const archive = archiveOn(store);
      for (const segment of await archive.segments()) await archive.download(segment, join(root, ids.next()));
      expect((await archive.segments()).length).toBe(changes === 0 ? closed.length : closed.length - 3);
      // While others are on their way, which are not in the manifest yet.
      await Promise.all([
        archive.drop(isBefore(closed[4]!.firstLsn)),
        ...closed.map((segment) => archive.archive(segment)),
      ]);
      await archive.drop(isBefore(firstLsn));
      await archive.drop(isBefore(closed[4]!.firstLsn));
      const kept = await archiveOn(store).segments();
      expect(kept.map((segment) => segment.firstLsn)).toEqual(closed.slice(4).map((each) => each.firstLsn));
      for (const segment of kept) await archive.download(segment, join(root, ids.next()));
      const keys: string[] = [];
      for await (const { key } of allObjects(store, { prefix: `collections/${collectionId}/wal/` })) {
        if (!key.includes("MANIFEST")) keys.push(key);
      }
      const named = new Set(
        kept.map(({ place }) => (place.kind === "object" ? place.key : place.packed.packKey)),
      );
      expect(new Set(keys)).toEqual(named);
      if (count <= changes) break;
    }
  });

  it("does not take what is not what was written", async () => {
    const store = memory();
    const [segment] = closed as [ClosedSegment];
    const archive = archiveOn(store);
    await expect(archive.archive({ ...segment, lastLsn: segment.lastLsn + 1 })).rejects.toThrow("bad record");
    const key = `collections/${collectionId}/wal/MANIFEST-1.json`;
    await archive.archive(segment);
    const { bytes } = await objectBytes(store, key, { bytesMax: 100_000 });
    bytes[bytes.length >> 1]! ^= 1;
    await store.put(key, bytes);
    await expect(archiveOn(store).segments()).rejects.toThrow("damaged");
  });
});

describe("over S3", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("bears a server that fails, forgets to answer and cuts bodies", async () => {
    const store = await openS3ObjectStore({
      bucket: server.bucketName,
      endpoint: server.endpoint,
      ...server.credentials,
      forcePathStyle: true,
      random: new SeededRandom(3),
      retry: { firstDelayMs: 1 },
    });
    server.faults.add(
      { operation: "PutObject", failing: { kind: "refuse", status: 500, code: "InternalError" }, times: 2 },
      { operation: "PutObject", failing: { kind: "reset after" }, skip: 1, times: 3 },
      { operation: "GetObject", failing: { kind: "cut", afterBytes: 100 }, times: 2 },
    );
    await archiveAll(store);
    server.faults.clear();
    server.faults.add(
      { operation: "GetObject", failing: { kind: "cut", afterBytes: 100 }, times: 3 },
      { operation: "GetObject", failing: { kind: "refuse", status: 503, code: "SlowDown" }, times: 2 },
    );
    await expectWhole(store);
    await store.close();
  });
});

/** A store to which nothing gets any more after so many puts, the last one of which is carried out unnoticed. */
function stoppingAfter(store: ObjectStore, putsMax: number): ObjectStore & { isStopped(): boolean } {
  let puts = 0;
  return {
    ...store,
    put: async (...call) => {
      puts++;
      if (puts <= putsMax) return store.put(...call);
      if (puts === putsMax + 1) await store.put(...call);
      throw new Error("the process is gone");
    },
    isStopped: () => puts > putsMax,
  };
}
