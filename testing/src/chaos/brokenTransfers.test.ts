import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, isAkiDbError, SeededRandom } from "@akidb/base";
import { open } from "@akidb/database";
import { type ObjectStore, objectBytes, openS3ObjectStore } from "@akidb/objects";
import { type S3Server, startS3Server } from "@akidb/objects/s3-server";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "./faultProxy.ts";
import { objectStoreOf } from "./storeConfig.ts";

const seed = 17;
const random = new SeededRandom(seed);
const MiB = 1024 * 1024;
/** Two parts. */
const body = random.fill(new Uint8Array(9 * MiB));
/** Until chance has had its turn. */
const roundsMax = 20;
const retry = { attemptsMax: 3, firstDelayMs: 1, delayMaxMs: 5 };
/** Long enough for a busy machine. */
const idleTimeoutMs = 5_000;

let server: S3Server;
let proxy: FaultProxy;
let store: ObjectStore;

beforeAll(async () => {
  server = await startS3Server();
  proxy = await startFaultProxy(server.endpoint, random);
  store = await openStore(idleTimeoutMs);
});
afterEach(() => proxy.become({ kind: "none" }));
afterAll(async () => {
  await store.close();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const openStore = (idleMs: number): Promise<ObjectStore> =>
  openS3ObjectStore({
    ...{ bucket: server.bucketName, endpoint: proxy.endpoint, ...server.credentials, forcePathStyle: true },
    ...{ random, retry, idleTimeoutMs: idleMs },
  });

const isEqual = (bytes: Uint8Array): boolean => Buffer.compare(bytes, body) === 0;
const readBack = async (key: string, from = store): Promise<Uint8Array> =>
  (await objectBytes(from, key, { bytesMax: body.length })).bytes;

it(`an upload in parts whose bits flip on the way is stored right, or not at all (seed ${seed})`, async () => {
  let storedCount = 0;
  for (let round = 0; round < roundsMax && (storedCount === 0 || proxy.counts.corrupted === 0); round++) {
    proxy.become({ kind: "corrupt", everyBytes: 8 * MiB });
    const isStored = await store.put(`up${round}`, body).then(
      () => true,
      (error: unknown) => !isAkiDbError(error),
    );
    proxy.become({ kind: "none" });
    if (isStored) storedCount += 1;
    const stored = await readBack(`up${round}`).catch(() => undefined);
    // One that failed has stored all or nothing.
    if (isStored || stored !== undefined) expect(isEqual(stored!)).toBe(true);
  }
  expect(proxy.counts.corrupted).toBeGreaterThan(0);
  expect(storedCount).toBeGreaterThan(0);
});

it(`a download whose bits flip on the way is right, or an error (seed ${seed})`, async () => {
  await store.put("down", body);
  proxy.become({ kind: "corrupt", everyBytes: 4 * MiB });
  let failures = 0;
  for (let round = 0; round < roundsMax && failures === 0; round++) {
    const read = await readBack("down").catch(() => undefined);
    if (read === undefined) failures += 1;
    else expect(isEqual(read)).toBe(true);
  }
  expect(failures).toBeGreaterThan(0);
});

it("an upload and a download that nobody answers any more end, and leave nothing half there", async () => {
  await store.put("half", body);
  proxy.become({ kind: "half_open" });
  const impatient = await openStore(100);
  await expect(impatient.put("halfway", body)).rejects.toMatchObject({ code: "unavailable" });
  await expect(readBack("half", impatient)).rejects.toMatchObject({ code: "unavailable" });
  await impatient.close();
  proxy.become({ kind: "none" });
  await expect(store.head("halfway")).rejects.toMatchObject({ code: "not_found" });
  expect(isEqual(await readBack("half"))).toBe(true);
});

it(`a collection goes cold over a broken network whole, or stays where it is (seed ${seed})`, async () => {
  const directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
  const db = await open({
    path: directory,
    objectStore: objectStoreOf(server, proxy.endpoint),
    objectStoreTuning: { retry, idleTimeoutMs, circuit: { failuresMax: 1_000 } },
    wal: { sync: "never" },
  });
  try {
    await db.createCollection({ name: "docs", dimension: 16, tieringPolicy: "memory_s3" });
    await db.collection("docs").upsert(documents);
    const docs = db.collection("docs");
    const tiers: string[] = [];
    for (const fault of [
      { kind: "corrupt", everyBytes: 2_000 },
      { kind: "half_open" },
      { kind: "none" },
    ] as const) {
      proxy.become(fault);
      const demoted = docs.changeTier("demote_to_cold").catch(() => {});
      // What was swallowed never comes.
      if (fault.kind === "half_open") setTimeout(() => proxy.become({ kind: "away" }), 100);
      await demoted;
      tiers.push((await docs.getTier()).tier);
      expect(await vectorsOf(db)).toEqual(expected);
    }
    expect(tiers).toEqual(["hot", "hot", "cold"]);
  } finally {
    proxy.become({ kind: "none" });
    await db.close();
    rmSync(directory, { recursive: true });
  }
});

const documents = Array.from({ length: 300 }, (_, n) => ({
  externalId: `k${n}`,
  vector: Float32Array.from({ length: 16 }, () => random.nextGaussian()),
}));
const expected = new Map(documents.map(({ externalId, vector }) => [externalId, vector]));

async function vectorsOf(db: AkiDb): Promise<ReadonlyMap<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  for await (const { externalId, vector } of db.collection("docs").scroll({ include: ["vector"] })) {
    vectors.set(externalId!, Float32Array.from(vector!));
  }
  return vectors;
}
