import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { openCatalog } from "@akidb/catalog";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openBackupStore } from "../backup/openBackupStore.ts";
import { restoreBackup } from "../backup/restoreBackup.ts";
import { open } from "../open.ts";
import { verifyOffline } from "../verify/verifyOffline.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
let root: string;
let db: AkiDb;
const inRoot = (name: string): string => join(root, name);
const openAt = async (name: string): Promise<void> => {
  db = await open({ path: inRoot(name), backupTo: inRoot("backups"), wal: { sync: "never" } });
};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-reembedded-"));
  await openAt("data");
});
afterEach(async () => {
  await db.close();
  rmSync(root, { recursive: true });
});

const texts = Array.from({ length: 20 }, (_, key) => `a text of its own ${key}`);

async function fill(name: string, more: object = {}): Promise<void> {
  await db.createCollection({ name, dimension: 32, ...more });
  await db.collection(name).upsert(texts.map((text, key) => ({ externalId: `k${key}`, text })));
}

async function ended(name: string, state = "flipped") {
  let info = await db.collection(name).reembedding.get();
  await expect
    .poll(
      async () => {
        info = await db.collection(name).reembedding.get();
        return info.state;
      },
      { interval: 5 },
    )
    .toBe(state);
  return info;
}

async function reembed(name: string, dimension: number): Promise<void> {
  await db.collection(name).reembedding.start({ dimension });
  await ended(name);
}

async function expectWhole(name: string, dimension: number): Promise<void> {
  expect(await db.getCollection(name)).toMatchObject({ dimension, documentCount: 20, state: "ready" });
  const [best] = (await db.collection(name).query({ text: texts[7]!, topK: 1 })).matches;
  expect(best?.externalId).toBe("k7");
}

async function backUp(): Promise<void> {
  const { id } = await db.startBackup();
  await expect.poll(async () => (await db.getBackup(id)).state, { interval: 5 }).toBe("done");
}

it("backups have a collection as the catalog of theirs says, whenever it flips", async () => {
  await fill("a");
  await fill("b");
  await backUp();
  await reembed("a", 64);
  await db.collection("b").reembedding.start({ dimension: 64 });
  await backUp();
  await ended("b");
  await db.close();
  const store = openBackupStore({
    place: inRoot("backups"),
    objectStore: {},
    clock: systemClock,
    random: systemRandom,
  });
  await restoreBackup({ store, directory: inRoot("restored"), clock: systemClock, ids });
  await openAt("restored");
  await expectWhole("a", 64);
  // Where the copy went with it, it is made anew.
  await ended("b");
  await expectWhole("b", 64);
  await expect(db.collection("a").reembedding.rollback()).rejects.toMatchObject({
    code: "failed_precondition",
  });
});

it("verification reads the files that are served, and the snapshots of all", async () => {
  await fill("a");
  const { id: snapshot } = await db.collection("a").createSnapshot();
  await reembed("a", 64);
  const { id } = await db.getCollection("a");
  await db.close();
  const verify = async () => {
    const report = await verifyOffline({ directory: inRoot("data"), clock: systemClock, command: "test" });
    return report.damages.map(({ file }) => file);
  };
  expect(await verify()).toEqual([]);
  const damage = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 0x20;
    writeFileSync(path, bytes);
  };
  const directory = join(inRoot("data"), "collections", id);
  const [checkpoint] = readdirSync(join(directory, "g1", "checkpoint")).sort();
  damage(join(directory, "g1", "checkpoint", checkpoint!, "flat"));
  damage(join(directory, "snapshots", snapshot, "documents.parquet"));
  // What is kept of before is nobody's yet.
  damage(join(directory, "documents.db"));
  expect((await verify()).sort()).toEqual([
    `checkpoint/${checkpoint}/flat`,
    `snapshots/${snapshot}/documents.parquet`,
  ]);
  await openAt("data");
});

it("the archive has the log of each generation by itself, and a point behind a snapshot comes from it", async () => {
  await fill("a", { tieringPolicy: "memory_s3", walRetentionSeconds: 0 });
  const a = db.collection("a");
  await a.createSnapshot();
  await reembed("a", 64);
  const { id } = await db.getCollection("a");
  const { id: snapshot } = await a.createSnapshot();
  await a.upsert([{ externalId: "k7", text: "once more" }]);
  const { lsn } = (await a.listSnapshots()).items.at(-1)!;
  await a.delete("k3");
  const clone = await a.restoreSnapshot(snapshot, { into: "clone", untilLsn: lsn! + 1 });
  expect(clone).toMatchObject({ dimension: 64, documentCount: 20 });
  expect((await db.collection("clone").get("k7", { include: ["text"] })).text).toBe("once more");
  await a.reembedding.rollback();
  await ended("a");
  await a.reembedding.cancel();
  const objects = () =>
    readdirSync(join(inRoot("data"), "objects"), { recursive: true })
      .map(String)
      .filter((name) => name.includes(id));
  expect(objects().filter((name) => name.includes("/g1/wal/"))).toEqual([]);
  await db.deleteCollection("a");
  expect(objects()).toEqual([]);
});

it("a model that is gone is left behind, and needed again for the way back of what was written since alone", async () => {
  await fill("a");
  await db.close();
  const catalog = await openCatalog({ path: join(inRoot("data"), "catalog.db"), clock: systemClock, ids });
  const [record] = (await catalog.collections.list("all")).items;
  await catalog.collections.update(record!.id, { modelFingerprint: "hashing/0/32" });
  await catalog.close();
  await openAt("data");
  const a = db.collection("a");
  await expect(a.query({ text: "own" })).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("akidb collections reembed"),
  });
  await reembed("a", 32);
  await expectWhole("a", 32);
  await a.reembedding.rollback();
  await ended("a");
  expect(await db.getCollection("a")).toMatchObject({ modelFingerprint: "hashing/0/32" });
  await reembed("a", 32);
  await a.patch("k3", { metadata: { patched: true } });
  await a.upsert([{ externalId: "k7", text: "for the model that is there" }]);
  await a.reembedding.rollback();
  const { stateReason } = await ended("a", "paused");
  expect(stateReason).toMatch(
    /^collection "a" has texts to embed .*hashing\/0\/32.*configure that model and resume/,
  );
  expect(await a.reembedding.cancel()).toMatchObject({ state: "cancelled" });
  expect(await db.getCollection("a")).toMatchObject({ modelFingerprint: "hashing/1/32", documentCount: 20 });
});

it("a text that the model refuses pauses it with a reason, and what is mended goes on", async () => {
  await fill("a");
  await db.collection("a").upsert([{ externalId: "odd", text: "!!!", vector: new Float32Array(32).fill(1) }]);
  await db.collection("a").reembedding.start({ dimension: 64 });
  const { stateReason } = await ended("a", "paused");
  expect(stateReason).toMatch(
    /^the model takes no text of document .{36} of collection "a" \(must have a letter/,
  );
  await db.collection("a").delete("odd");
  await db.collection("a").reembedding.resume();
  await ended("a");
  await expectWhole("a", 64);
});

it("goes to another model of the server, named by its id, and is embedded by that from then on", async () => {
  await fill("a");
  await db.close();
  db = await open({
    path: inRoot("data"),
    embedding: { next: { provider: "mock" } },
    wal: { sync: "never" },
  });
  const next = (await db.models.list()).find(({ name }) => name === "mock")!;
  await db.collection("a").reembedding.start({ model: next.id });
  await ended("a");
  expect(await db.getCollection("a")).toMatchObject({
    embeddingModel: "mock",
    modelFingerprint: next.fingerprint,
  });
  await expectWhole("a", next.dimension);
  await db.collection("a").upsert([{ externalId: "k7", text: "of the next model" }]);
  await db.collection("a").reembedding.rollback();
  await ended("a");
  expect(await db.getCollection("a")).toMatchObject({ embeddingModel: "hashing", dimension: 32 });
  const [best] = (await db.collection("a").query({ text: "of the next model", topK: 1 })).matches;
  expect(best?.score).toBeCloseTo(1, 5);
});
