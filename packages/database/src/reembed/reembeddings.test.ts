import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, type ReembeddingInfo, SeededRandom } from "@akidb/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import { open } from "../open.ts";

const seed = 20_270_101;
let directory: string;
let db: AkiDb;

const openHere = async (): Promise<AkiDb> => await open({ path: directory, wal: { sync: "never" } });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-reembed-"));
  db = await openHere();
});
afterEach(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

const words = ["harbour", "lantern", "orchard", "violin", "glacier", "compass", "meadow", "engine"];
const textOf = (random: SeededRandom): string =>
  Array.from({ length: 6 }, () => words[random.nextInt(words.length)]!).join(" ");

async function fill(name: string, count: number, random = new SeededRandom(seed)): Promise<void> {
  await db.createCollection({ name, dimension: 64 });
  const documents = Array.from({ length: count }, (_, key) => ({
    externalId: `k${key}`,
    text: `${textOf(random)} ${key}`,
    metadata: { key },
  }));
  await db.collection(name).upsert(documents);
}

async function until(name: string, state: ReembeddingInfo["state"]): Promise<ReembeddingInfo> {
  for (;;) {
    const info = await db.collection(name).reembedding.get();
    if (info.state === state) return info;
    if (info.state === "paused" && info.stateReason !== null) throw new Error(info.stateReason);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const all = async (name: string) => {
  const documents = [];
  const include = ["text", "metadata"] as const;
  for await (const { vector: _, ...document } of db.collection(name).scroll({ include }))
    documents.push(document);
  return documents;
};

const filesOf = async (name: string): Promise<readonly string[]> => {
  const { id } = await db.getCollection(name);
  return readdirSync(join(directory, "collections", id)).sort();
};

it("gives every text its vector of the other model, with all else as it was, and goes back", async () => {
  await fill("docs", 120);
  const before = await db.getCollection("docs");
  const documents = await all("docs");
  const docs = db.collection("docs");
  const begun = await docs.reembedding.start({ dimension: 128 });
  expect(begun).toMatchObject({
    state: "copying",
    from: { embeddingModel: "hashing", modelFingerprint: "hashing/1/64", dimension: 64 },
    to: { embeddingModel: "hashing", modelFingerprint: "hashing/1/128", dimension: 128 },
  });
  const flipped = await until("docs", "flipped");
  expect(flipped).toMatchObject({ id: begun.id, stateReason: null, keepUntil: expect.any(String) });
  expect(await db.jobs.get(begun.id)).toEqual({
    id: begun.id,
    kind: "reembed_collection",
    state: "done",
    stateReason: null,
    progress: 1,
    resource: { type: "collection", id: before.id },
    startedAt: begun.startedAt,
    endedAt: flipped.updatedAt,
  });
  expect(await db.getCollection("docs")).toMatchObject({
    id: before.id,
    dimension: 128,
    modelFingerprint: "hashing/1/128",
    documentCount: 120,
  });
  expect(await all("docs")).toEqual(documents);
  const [best] = (await docs.query({ text: documents[7]!.text!, topK: 1 })).matches;
  expect(best!.id).toBe(documents[7]!.id);
  const fetched = await docs.get(best!.id, { include: ["vector"] });
  expect(fetched.vector).toHaveLength(128);
  // And back, with what was written since.
  await docs.upsert([{ externalId: "k7", text: "a text of the other model" }]);
  await docs.delete("k8");
  const since = await all("docs");
  await docs.reembedding.rollback();
  const back = await until("docs", "flipped");
  expect(back).toMatchObject({ to: { modelFingerprint: "hashing/1/64", dimension: 64 } });
  expect(await db.getCollection("docs")).toMatchObject({ dimension: 64, documentCount: 119 });
  expect(await all("docs")).toEqual(since);
  const [found] = (await docs.query({ text: "a text of the other model", topK: 1 })).matches;
  expect(found!.externalId).toBe("k7");
  await docs.reembedding.cancel();
  expect(await filesOf("docs")).not.toContain("g1");
});

it("goes on over restarts and pauses, while everything is written and read", async () => {
  await fill("docs", 150);
  const random = new SeededRandom(seed);
  await db.collection("docs").reembedding.start({ dimension: 128 });
  const paused = await db.collection("docs").reembedding.pause();
  expect(paused).toMatchObject({ state: "paused", stateReason: null });
  await db.close();
  db = await openHere();
  expect(await db.collection("docs").reembedding.get()).toMatchObject({ state: "paused" });
  expect(await db.jobs.get(paused.id)).toMatchObject({ state: "paused", endedAt: null });
  await db.collection("docs").reembedding.resume();
  await db.close();
  db = await openHere();
  const docs = db.collection("docs");
  let isFlipped = false;
  const flipped = until("docs", "flipped").finally(() => {
    isFlipped = true;
  });
  while (!isFlipped) {
    const key = random.nextInt(160);
    const text = `${textOf(random)} anew`;
    const written = await docs.upsert([{ externalId: `k${key}`, text, metadata: { key } }]);
    expect(written.items).toMatchObject([{ ok: true }]);
    const turn = random.nextInt(3);
    if (turn === 0) await docs.delete(`k${key}`);
    if (turn === 1) await docs.patch(`k${key}`, { metadata: { patched: true } });
    expect((await docs.query({ text, topK: 5 })).matches).toHaveLength(5);
  }
  await flipped;
  for (const document of await all("docs")) {
    const [best] = (await docs.query({ text: document.text!, topK: 1 })).matches;
    const found = best?.id === document.id ? document : await docs.get(best!.id, { include: ["text"] });
    expect(found.text).toBe(document.text);
  }
});

it("is refused where documents have no text, and for the model that the collection has", async () => {
  await fill("docs", 3);
  const docs = db.collection("docs");
  await expect(docs.reembedding.get()).rejects.toMatchObject({ code: "not_found" });
  await expect(docs.reembedding.start({ dimension: 64 })).rejects.toMatchObject({
    code: "failed_precondition",
    message: 'collection "docs" is embedded with hashing (hashing/1/64) already',
  });
  await docs.upsert([{ externalId: "v", vector: Array.from({ length: 64 }, () => 1) }]);
  await expect(docs.reembedding.start({ dimension: 128 })).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringMatching(/^1 document of collection "docs" \(.{36}\) has no text, .* delete them$/),
  });
  await docs.delete("v");
  await docs.reembedding.start({ dimension: 128 });
  await expect(docs.reembedding.start({ dimension: 256 })).rejects.toMatchObject({ code: "already_exists" });
  await until("docs", "flipped");
});

it("is given up, and deleted with its collection", async () => {
  await fill("docs", 100);
  const docs = db.collection("docs");
  await docs.reembedding.start({ dimension: 128 });
  expect(await docs.reembedding.cancel()).toMatchObject({ state: "cancelled" });
  expect((await filesOf("docs")).filter((name) => name.startsWith("g"))).toEqual([]);
  expect(await db.getCollection("docs")).toMatchObject({ dimension: 64 });
  await expect(docs.reembedding.rollback()).rejects.toMatchObject({ code: "failed_precondition" });
  await docs.reembedding.start({ dimension: 128 });
  await db.deleteCollection("docs");
  expect(readdirSync(join(directory, "collections"))).toEqual([]);
});

it("leaves snapshots what they are: restored as new collections, with the model of before", async () => {
  await fill("docs", 50);
  const docs = db.collection("docs");
  const { id } = await docs.createSnapshot();
  await docs.reembedding.start({ dimension: 128 });
  await expect(docs.restoreSnapshot(id)).rejects.toMatchObject({ code: "failed_precondition" });
  await until("docs", "flipped");
  await expect(docs.restoreSnapshot(id)).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("has other vectors"),
  });
  await docs.restoreSnapshot(id, { into: "before" });
  expect(await db.getCollection("before")).toMatchObject({ dimension: 64, modelFingerprint: "hashing/1/64" });
  expect((await db.collection("before").query({ text: "harbour", topK: 3 })).matches).toHaveLength(3);
  const later = await docs.createSnapshot();
  await docs.upsert([{ externalId: "later", text: "behind the snapshot" }]);
  const { lsn } = (await docs.listSnapshots()).items.at(-1)!;
  await docs.restoreSnapshot(later.id, { untilLsn: lsn! + 1 });
  expect(await db.getCollection("docs")).toMatchObject({ dimension: 128, documentCount: 51 });
  await db.close();
  db = await openHere();
  expect((await db.collection("docs").query({ text: "behind the snapshot", topK: 1 })).matches).toMatchObject(
    [{ externalId: "later" }],
  );
});
