import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, deadlineAfter, type JsonObject, noDeadline, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ownProcess } from "./access/caller.ts";
import type { LogEvent } from "./logEvent.ts";
import { type OpenOptions, open } from "./open.ts";
import { openDatabase } from "./openDatabase.ts";
import { operations } from "./operations/operations.ts";

let directory: string;
let database: AkiDb | undefined;
let events: LogEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-database-"));
  events = [];
});
afterEach(async () => {
  await database?.close();
  database = undefined;
  rmSync(directory, { recursive: true });
});

async function reopen(options: Partial<OpenOptions> = {}): Promise<AkiDb> {
  await database?.close();
  database = await open({ path: directory, log: (event) => events.push(event), ...options });
  return database;
}

const vectorOf = (value: number) => new Float32Array(16).fill(value);
const collectionDirectory = (name: string) => join(directory, "collections", name);

it("has a collection for everyone who is told that there is one", async () => {
  const db = await reopen();
  const create = () => db.createCollection({ name: "a", dimension: 16 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, async () => {
      await create().catch((error: unknown) => expect(error).toMatchObject({ code: "already_exists" }));
      return db.collection("a").upsert([{ vector: vectorOf(1) }]);
    }),
  );
  expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
  expect(await db.collection("a").count()).toBe(8);
});

it("says that there is no working directory to make its own in", async () => {
  const before = process.cwd();
  const gone = mkdtempSync(join(tmpdir(), "akidb-gone-"));
  process.chdir(gone);
  rmSync(gone, { recursive: true });
  try {
    await expect(open({ path: "data" })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining('the working directory, in which "data" would be, is gone'),
    });
  } finally {
    process.chdir(before);
  }
});

it("goes on with a scroll after a restart", async () => {
  const db = await reopen();
  await db.createCollection({ name: "a", dimension: 16 });
  const documents = Array.from({ length: 25 }, (_, n) => ({ vector: vectorOf(n + 1), metadata: { n } }));
  await db.collection("a").upsert(documents);
  const filter = { n: { $ne: 13 } };
  const found: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const collection = (await reopen()).collection("a");
    const page = await collection.scrollPage({ filter, limit: 10, ...(cursor !== undefined && { cursor }) });
    found.push(...page.documents.map(({ metadata }) => metadata?.["n"]));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  expect(found).toEqual(documents.map((_, n) => n).filter((n) => n !== 13));
});

describe("collections", () => {
  it("take their dimension from the embedding model, or have none", async () => {
    const db = await reopen();
    expect(await db.createCollection({ name: "a" })).toMatchObject({
      dimension: 384,
      metric: "cosine",
      embeddingModel: "hashing",
      documentCount: 0,
      state: "ready",
    });
    expect(await db.createCollection({ name: "b", dimension: 20, metric: "l2" })).toMatchObject({
      dimension: 20,
      metric: "l2",
    });
    await expect(db.createCollection({ name: "c", embeddingModel: "unknown" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    const { items } = await db.listCollections();
    expect(items.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("are found by name and id, and refused twice under one name", async () => {
    const db = await reopen();
    const { id } = await db.createCollection({ name: "a", dimension: 16 });
    expect(await db.getCollection(id)).toMatchObject({ name: "a" });
    expect(await db.getCollection(id.toUpperCase())).toMatchObject({ name: "a" });
    await expect(db.createCollection({ name: "a", dimension: 16 })).rejects.toMatchObject({
      code: "already_exists",
    });
    await expect(db.getCollection("b")).rejects.toMatchObject({ code: "not_found" });
    expect(readdirSync(join(directory, "collections"))).toEqual([id]);
  });

  it.each([
    [{ name: "" }, "name"],
    [{ name: "-a" }, "name"],
    [{ name: "a/b" }, "name"],
    [{ name: "01890000-0000-7000-8000-000000000001" }, "name"],
    [{ name: "a", dimension: 15 }, "dimension"],
    [{ name: "a", dimension: 4_097 }, "dimension"],
    [{ name: "a", dimension: 16.5 }, "dimension"],
    [{ name: "a", metric: "hamming" as never }, "metric"],
    [{ name: "a", maxDocumentCount: 0 }, "max_doc_count"],
  ])("refuse %j", async (input, path) => {
    const db = await reopen();
    await expect(db.createCollection(input)).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [expect.objectContaining({ path })],
    });
    expect(readdirSync(join(directory, "collections"))).toEqual([]);
  });

  it("leave nothing behind when they are deleted, and their name is free again", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a", dimension: 16 });
    await db.collection("a").upsert([{ vector: vectorOf(1) }]);
    await db.deleteCollection("a");
    expect(readdirSync(join(directory, "collections"))).toEqual([]);
    await expect(db.deleteCollection("a")).rejects.toMatchObject({ code: "not_found" });
    await db.createCollection({ name: "a", dimension: 16 });
    expect(await db.getCollection("a")).toMatchObject({ documentCount: 0 });
  });

  it("are created once when many ask at the same time", async () => {
    const db = await reopen();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => db.createCollection({ name: "a", dimension: 16 })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(readdirSync(join(directory, "collections"))).toHaveLength(1);
  });
});

describe("documents", () => {
  it("are embedded where they have a text alone; each that cannot be fails by itself", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a" });
    const collection = db.collection<{ n: number }>("a");
    const { upsertedCount, items } = await collection.upsert([
      { text: "a red fox in the snow", metadata: { n: 1 } },
      { text: "?!" },
      {},
      { text: "", vector: new Float32Array(384).fill(1) },
      null as never,
      { text: 5 as never },
      { text: "databases keep vectors", metadata: { n: 2 } },
    ]);
    expect(upsertedCount).toBe(3);
    const paths = items.map((item) => (item.ok ? "ok" : item.violations.map(({ path }) => path).join()));
    expect(paths).toEqual(["ok", "text", "vector", "ok", "", "text", "ok"]);
    const { matches } = await collection.query({ text: "foxes in snow", topK: 1 });
    expect(matches[0]?.metadata).toEqual({ n: 1 });
  });

  it("survive closing, each with its collection", async () => {
    const db = await reopen();
    for (const name of ["a", "b"]) {
      await db.createCollection({ name, dimension: 16 });
      await db.collection(name).upsert([{ externalId: name, vector: vectorOf(1) }]);
    }
    const again = await reopen();
    for (const name of ["a", "b"]) {
      expect(await again.collection(name).get(name)).toMatchObject({ externalId: name, version: 1 });
    }
    expect(events.filter(({ kind }) => kind === "collection_opened")).toHaveLength(4);
  });

  it("are refused beyond the limits of a batch", async () => {
    const db = await reopen({ limits: { batchDocumentsMax: 2, topKMax: 5, metadataBytesMax: 10 } });
    await db.createCollection({ name: "a", dimension: 16 });
    const collection = db.collection("a");
    const document = { vector: vectorOf(1) };
    await expect(collection.upsert([document, document, document])).rejects.toMatchObject({
      violations: [{ path: "documents" }],
    });
    await expect(collection.query({ vector: vectorOf(1), topK: 6 })).rejects.toMatchObject({
      violations: [{ path: "top_k" }],
    });
    const large = await collection.upsert([{ ...document, metadata: { a: "0123456789" } }]);
    expect(large.items[0]).toMatchObject({ ok: false, violations: [{ path: "metadata" }] });
  });

  it("are searched by exactly one of vector and text", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a" });
    const collection = db.collection("a");
    for (const input of [{}, { text: "a", vector: new Float32Array(384).fill(1) }, { text: " " }]) {
      await expect(collection.query(input)).rejects.toMatchObject({ code: "invalid_argument" });
    }
  });

  it("are gone for their caller when the call was given up before it began", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a", dimension: 16 });
    const upsert = db.collection("a").upsert([{ vector: vectorOf(1) }], { signal: AbortSignal.abort() });
    await expect(upsert).rejects.toMatchObject({ code: "unavailable" });
    expect(await db.getCollection("a")).toMatchObject({ documentCount: 0 });
  });
});

describe("indexes of metadata", () => {
  it("stop at the limit, beside those that were declared, and say so", async () => {
    const db = await reopen({ limits: { indexedFieldsMax: 2 } });
    await db.createCollection({ name: "a", dimension: 16, payloadIndexes: { late: "number" } });
    const write = (metadata: JsonObject) => db.collection("a").upsert([{ vector: vectorOf(1), metadata }]);
    const described = async () => {
      const { payloadIndexes, payloadNotice } = await db.getCollection("a");
      return [payloadIndexes.map(({ field }) => field), payloadNotice];
    };
    await write({ x: 1, y: 2 });
    expect(await described()).toEqual([expect.arrayContaining(["late", "x", "y"]), null]);
    await write({ z: 3, late: 4 });
    expect(await described()).toEqual([
      ["late", expect.stringMatching(/^[xy]$/), expect.stringMatching(/^[xy]$/)],
      expect.stringContaining("more than 2 fields"),
    ]);
    const query = { vector: vectorOf(1), filter: { z: 3, late: 4 } };
    expect((await db.collection("a").query(query)).matches).toHaveLength(1);
  });

  it("that a start finds damaged are reported, lose nothing, and are made again", async () => {
    const options = { tuning: { checkpointPolicy: { closeLogBytesMin: 1 } } };
    let db = await reopen(options);
    const { id } = await db.createCollection({ name: "a", dimension: 16 });
    await db.collection("a").upsert([{ externalId: "d", vector: vectorOf(1), metadata: { n: 1 } }]);
    await db.close();
    const checkpoints = join(collectionDirectory(id), "checkpoint");
    const file = join(checkpoints, readdirSync(checkpoints).at(-1)!, "payload");
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    db = await reopen(options);
    const found = await db.collection("a").query({ vector: vectorOf(1), filter: { n: 1 } });
    expect(found.matches).toMatchObject([{ externalId: "d" }]);
    expect(events.map(({ kind }) => kind)).toContain("payload_damaged");
    expect(await db.getCollection("a")).toMatchObject({
      state: "degraded",
      damages: [{ file: expect.stringMatching(/^checkpoint\/\d+\/payload$/), loss: "none" }],
    });
    db = await reopen(options);
    expect(await db.getCollection("a")).toMatchObject({ state: "ready", damages: [] });
  });
});

describe("embedding", () => {
  it("gives unit vectors of the model's dimension", async () => {
    const db = await reopen();
    const { embeddings, model, dimension, usage } = await db.embed({ texts: ["one text", "another"] });
    expect({ model, dimension, rows: embeddings.length }).toEqual({
      model: "hashing",
      dimension: 384,
      rows: 2,
    });
    expect(usage.totalTokens).toBe(3);
    await expect(db.embed({ texts: ["a", " "] })).rejects.toMatchObject({
      violations: [{ path: "texts[1]" }],
    });
    await expect(db.embed({ texts: ["a"], model: "x" })).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("says what is wrong where the collection's model is not configured any more", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a" });
    const other = await reopen({ embedding: { provider: "mock" } });
    const { items } = await other.collection("a").upsert([{ text: "x" }]);
    expect(items[0]).toMatchObject({ ok: false, code: "failed_precondition" });
    await expect(other.collection("a").query({ text: "x" })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining('"hashing"'),
    });
  });
});

describe("what a crash leaves", () => {
  async function twoCollections(): Promise<{ kept: string; other: string }> {
    const db = await reopen();
    const kept = await db.createCollection({ name: "kept", dimension: 16 });
    await db.collection("kept").upsert([{ externalId: "x", vector: vectorOf(1) }]);
    const other = await db.createCollection({ name: "other", dimension: 16 });
    await db.close();
    database = undefined;
    return { kept: kept.id, other: other.id };
  }
  const isServed = async (db: AkiDb) => {
    expect(await db.collection("kept").get("x")).toMatchObject({ externalId: "x" });
  };

  it("a creation before its commit is undone", async () => {
    const { kept } = await twoCollections();
    const stranger = "01890000-0000-7000-8000-000000000001.creating";
    cpSync(collectionDirectory(kept), collectionDirectory(stranger), { recursive: true });
    await isServed(await reopen());
    expect(existsSync(collectionDirectory(stranger))).toBe(false);
  });

  it("a creation after its commit is completed", async () => {
    const { kept } = await twoCollections();
    renameSync(collectionDirectory(kept), collectionDirectory(`${kept}.creating`));
    await isServed(await reopen());
  });

  it("a deletion before its commit is undone", async () => {
    const { kept } = await twoCollections();
    renameSync(collectionDirectory(kept), collectionDirectory(`${kept}.deleted`));
    await isServed(await reopen());
  });

  it("a deletion after its commit is completed", async () => {
    await twoCollections();
    const gone = "01890000-0000-7000-8000-000000000001.deleted";
    mkdirSync(collectionDirectory(gone));
    await isServed(await reopen());
    // Behind what is served, since there may be objects elsewhere, too.
    await vi.waitFor(() => expect(existsSync(collectionDirectory(gone))).toBe(false), 10_000);
  });

  it("files that nobody knows are left alone and reported", async () => {
    await twoCollections();
    const orphan = "01890000-0000-7000-8000-000000000001";
    mkdirSync(collectionDirectory(orphan));
    await isServed(await reopen());
    expect(events).toContainEqual({ kind: "orphan_found", directory: orphan });
    expect(existsSync(collectionDirectory(orphan))).toBe(true);
  });

  it("a torn write is dropped and reported", async () => {
    const { kept } = await twoCollections();
    const wal = join(collectionDirectory(kept), "wal");
    writeFileSync(join(wal, readdirSync(wal)[0]!), "torn", { flag: "a" });
    await isServed(await reopen());
    expect(events).toContainEqual({ kind: "torn_tail_dropped", collection: "kept", bytes: 4 });
  });

  it("a collection without its files is damaged, not empty; the others are served", async () => {
    const { other } = await twoCollections();
    rmSync(collectionDirectory(other), { recursive: true });
    const db = await reopen();
    await isServed(db);
    const upsert = db.collection("other").upsert([{ vector: vectorOf(1) }]);
    await expect(upsert).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("wal: has no segment"),
    });
    expect(await db.getCollection("other")).toMatchObject({
      state: "damaged",
      stateReason: "wal: has no segment",
    });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "collection_damaged", collection: "other" }),
    );
  });

  it("a damaged collection can be deleted", async () => {
    const { other } = await twoCollections();
    writeFileSync(join(collectionDirectory(other), "wal", "00000000000000000001.wal"), "x".repeat(100));
    const db = await reopen();
    await expect(db.collection("other").get("x")).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await db.getCollection("other")).toMatchObject({ state: "damaged" });
    await db.deleteCollection("other");
    expect(existsSync(collectionDirectory(other))).toBe(false);
  });
});

describe("a data directory", () => {
  it("belongs to one database at a time, which is named", async () => {
    await reopen({ command: "akidb serve" });
    await expect(open({ path: directory })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringMatching(new RegExp(`in use by process ${process.pid} \\(akidb serve`)),
    });
  });

  it("needs its default database", async () => {
    await expect(open({ path: directory, autoInitialize: false })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("features.auto_initialize"),
    });
    await reopen();
    expect(await (await reopen({ autoInitialize: false })).listCollections()).toEqual({ items: [] });
  });

  it("is let go of when it cannot be opened", async () => {
    await expect(open({ path: directory, embedding: { model: "x" } })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    await expect(open({ path: directory, autoInitialize: false })).rejects.toThrow();
    await reopen();
  });
});

describe("a database", () => {
  it("answers for collections that still load, and takes nothing once it closes", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a", dimension: 16 });
    await db.close();
    database = undefined;
    const opened = await openDatabase({ directory, command: "test" });
    expect(opened.readiness().status).toBe("loading");
    const call = { requestId: "1", deadline: noDeadline(), caller: ownProcess };
    const upsert = { collection: "a", documents: [{ vector: vectorOf(1) }] };
    expect(await opened.execute(operations.upsertDocuments, upsert, call)).toMatchObject({
      upsertedCount: 1,
    });
    expect(opened.readiness()).toMatchObject({ status: "ready", openCollections: 1 });
    await opened.close();
    await expect(opened.execute(operations.upsertDocuments, upsert, call)).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("gives up waiting for a collection at the deadline", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a", dimension: 16 });
    await db.close();
    database = undefined;
    const opened = await openDatabase({ directory, command: "test" });
    using deadline = deadlineAfter(systemClock, 0);
    await expect(
      opened.execute(
        operations.query,
        { collection: "a", vector: vectorOf(1) },
        { requestId: "1", deadline, caller: ownProcess },
      ),
    ).rejects.toMatchObject({ code: "deadline_exceeded" });
    await opened.close();
  });
});

describe("restoring a collection in place", () => {
  it("happens one after the other where several ask at the same time", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a", dimension: 16 });
    const collection = db.collection<{ generation: number }>("a");
    const keys = Array.from({ length: 50 }, (_, n) => `d${n}`);
    const snapshots: string[] = [];
    for (const generation of [1, 2, 3]) {
      const vector = vectorOf(generation);
      await collection.upsert(keys.map((externalId) => ({ externalId, vector, metadata: { generation } })));
      snapshots.push((await collection.createSnapshot()).id);
    }
    await Promise.all([...snapshots, ...snapshots].map((id) => collection.restoreSnapshot(id)));
    const generationsIn = async ({ collection: named }: AkiDb) => {
      const documents = await Promise.all(keys.map((key) => named("a").get(key)));
      return [...new Set(documents.map(({ metadata }) => metadata?.["generation"]))];
    };
    const [generation, ...others] = await generationsIn(db);
    expect([1, 2, 3]).toContain(generation);
    expect(others).toEqual([]);
    expect(await generationsIn(await reopen())).toEqual([generation]);
    expect((await database!.collection("a").listSnapshots()).items.map(({ id }) => id)).toEqual(snapshots);
  });

  it("ends before a close does, or is not done at all", async () => {
    const db = await reopen();
    await db.createCollection({ name: "a", dimension: 16 });
    await db.collection("a").upsert([{ externalId: "x", vector: vectorOf(1), text: "kept" }]);
    const { id } = await db.collection("a").createSnapshot();
    await db.collection("a").upsert([{ externalId: "y", vector: vectorOf(2) }]);
    const restores = [1, 2, 3].map(() => db.collection("a").restoreSnapshot(id));
    const settled = Promise.allSettled(restores);
    await db.close();
    const [name] = readdirSync(join(directory, "collections"));
    expect(readdirSync(join(directory, "collections"))).toEqual([name]);
    const files = readdirSync(collectionDirectory(name!)).sort();
    for (const { status, ...outcome } of await settled) {
      if (status === "rejected") expect(outcome).toMatchObject({ reason: { code: "unavailable" } });
    }
    expect(readdirSync(collectionDirectory(name!)).sort()).toEqual(files);
    await (await reopen()).collection("a").get("x", { include: ["text"] });
  });
});
