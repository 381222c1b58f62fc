import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, type DocumentInput, limits, noDeadline } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import type { DatabaseLimits } from "../databaseLimits.ts";
import type { LogEvent } from "../logEvent.ts";
import { type OpenOptions, open } from "../open.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";

const MiB = 1024 * 1024;
const dimension = 1_024;
const batchRows = 100;
/** Of a file of documents in SQLite's caches, here. */
const cachedFileBytes = 512 * 1024;

let directory: string;
let database: AkiDb | undefined;
let server: Database | undefined;
let events: LogEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-memory-"));
  events = [];
});
afterEach(async () => {
  await database?.close();
  await server?.close();
  database = undefined;
  server = undefined;
  rmSync(directory, { recursive: true });
});

async function reopen(memoryBytesMax: number, options: Partial<OpenOptions> = {}): Promise<AkiDb> {
  await database?.close();
  database = undefined;
  database = await open({
    path: directory,
    wal: { sync: "never" },
    limits: { memoryBytesMax } satisfies Partial<DatabaseLimits>,
    log: (event) => events.push(event),
    ...options,
  });
  return database;
}

const vectorOf = (value: number) =>
  Float32Array.from({ length: dimension }, (_, at) => (((value + 1) * (at + 3)) % 251) - 125);

const batchOf = (first: number, count = batchRows): readonly DocumentInput[] =>
  Array.from({ length: count }, (_, at) => ({
    externalId: `d${first + at}`,
    vector: vectorOf(first + at),
    metadata: { n: first + at },
  }));

/** @returns the documents that are in it when the next batch is refused */
async function fill(db: AkiDb, name: string): Promise<number> {
  for (let count = 0; ; count += batchRows) {
    try {
      await db.collection(name).upsert(batchOf(count));
    } catch (error) {
      expect(error).toMatchObject({ code: "quota_exceeded" });
      return count;
    }
  }
}

async function memoryOf(db: AkiDb): Promise<number> {
  const { items } = await db.listCollections({ limit: 1_000 });
  return items.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

describe("the memory ceiling", () => {
  it("refuses a batch that would cross it, and nothing of it is written", async () => {
    const db = await reopen(12 * MiB);
    await db.createCollection({ name: "a", dimension });
    const count = await fill(db, "a");
    expect(count).toBeGreaterThan(1_000);
    expect(await memoryOf(db)).toBeLessThanOrEqual(12 * MiB);
    for (const atomic of [false, true]) {
      await expect(db.collection("a").upsert(batchOf(count, 1_000), { atomic })).rejects.toMatchObject({
        code: "quota_exceeded",
        message: expect.stringMatching(
          /takes 1\d\.\d MiB of the 12\.0 MiB of memory that limits\.max_memory_bytes allows.*needs about \d+\.\d MiB more.*delete/,
        ),
      });
    }
    expect(await db.getCollection("a")).toMatchObject({ documentCount: count, state: "ready" });
    await expect(db.collection("a").get(`d${count}`)).rejects.toMatchObject({ code: "not_found" });
    const { matches } = await db.collection("a").query({ vector: vectorOf(7), topK: 1 });
    expect(matches[0]?.externalId).toBe("d7");
    expect(events.filter(({ kind }) => kind === "memory_full")).toHaveLength(1);
  });

  it("lets documents be deleted, and takes writes again once compaction has given their memory back", async () => {
    const db = await reopen(12 * MiB);
    await db.createCollection({ name: "a", dimension });
    const count = await fill(db, "a");
    // The copy of what is left fits what is kept for compactions.
    for (let n = 0; n < count * 0.85; n++) await db.collection("a").delete(`d${n}`);
    const retried = async () =>
      (
        await db
          .collection("a")
          .upsert(batchOf(0))
          .catch(() => undefined)
      )?.upsertedCount;
    await expect.poll(retried).toBe(batchRows);
    expect((await db.collection("a").get("d0"))?.version).toBe(1);
    expect((await db.collection("a").get(`d${count - 1}`))?.version).toBe(1);
    await expect.poll(() => events.at(-1)?.kind).toBe("memory_free");
  });

  it("closes idle collections for a write, and opens them again for who reads", async () => {
    const db = await reopen(12 * MiB);
    for (const name of ["idle", "busy"]) await db.createCollection({ name, dimension });
    await db.collection("idle").upsert(batchOf(0, 500));
    const count = await fill(db, "busy");
    expect(await db.getCollection("idle")).toMatchObject({
      memoryBytes: 0,
      documentCount: 500,
      state: "ready",
    });
    expect((await db.getCollection("busy")).memoryBytes).toBeGreaterThan(10 * MiB);
    // Though writes are refused: openings have a share of their own.
    expect((await db.collection("idle").get("d1"))?.externalId).toBe("d1");
    expect(await db.getCollection("busy")).toMatchObject({ documentCount: count });
  });

  it("is not crossed by many who write at the same time", async () => {
    const db = await reopen(16 * MiB);
    const names = ["a", "b", "c"];
    for (const name of names) await db.createCollection({ name, dimension });
    const written = new Map(names.map((name) => [name, 0]));
    const writer = async (name: string, seat: number) => {
      for (let round = 0; ; round++) {
        const first = (seat * 1_000 + round) * 50;
        const result = await db
          .collection(name)
          .upsert(batchOf(first, 50), { atomic: true })
          .catch((error) => error);
        if (result instanceof Error) return expect(result).toMatchObject({ code: "quota_exceeded" });
        written.set(name, written.get(name)! + result.upsertedCount);
        // Beside it, what SQLite keeps of the files of documents.
        expect(await memoryOf(db)).toBeLessThanOrEqual(16 * MiB + names.length * cachedFileBytes);
      }
    };
    await Promise.all(names.flatMap((name) => Array.from({ length: 5 }, (_, seat) => writer(name, seat))));
    for (const name of names) expect((await db.getCollection(name)).documentCount).toBe(written.get(name));
  });

  it("counts the whole graph that a collection becomes", async () => {
    const db = await reopen(12 * MiB, { hnsw: { threshold: 1_500 } });
    await db.createCollection({ name: "a", dimension });
    const count = await fill(db, "a");
    // Its rows fit as they are, and would not as a graph.
    expect(count).toBeLessThanOrEqual(1_500);
    expect(await db.getCollection("a")).toMatchObject({ documentCount: count, indexedCount: 0 });
  });

  it("does not open a collection that does not fit, and serves it as soon as it does", async () => {
    let db = await reopen(64 * MiB);
    for (const name of ["large", "small"]) await db.createCollection({ name, dimension });
    await db.collection("large").upsert(batchOf(0, 3_000));
    await db.collection("small").upsert(batchOf(0, 10));
    db = await reopen(6 * MiB);
    const refused = db.collection("large").get("d1");
    await expect(refused).rejects.toMatchObject({
      code: "unavailable",
      retryAfterMs: 1_000,
      message: expect.stringMatching(/the collection takes about \d+\.\d MiB of memory/),
    });
    expect((await db.collection("small").get("d1"))?.externalId).toBe("d1");
    expect(await db.getCollection("large")).toMatchObject({ documentCount: 3_000, state: "ready" });
    await reopen(64 * MiB);
    expect((await database!.collection("large").get("d2999"))?.externalId).toBe("d2999");
  });

  it("starts beside collections of a killed process that do not fit", async () => {
    const db = await reopen(64 * MiB);
    for (const name of ["large", "small"]) await db.createCollection({ name, dimension });
    await db.collection("large").upsert(batchOf(0, 3_000));
    await db.collection("small").upsert(batchOf(0, 10));
    const killed = mkdtempSync(join(tmpdir(), "akidb-memory-"));
    try {
      cpSync(directory, killed, { recursive: true });
      await db.close();
      database = undefined;
      server = await openDatabase({
        directory: killed,
        command: "test",
        limits: { memoryBytesMax: 6 * MiB },
      });
      await server.loaded();
      expect(server.readiness()).toMatchObject({
        status: "degraded",
        damagedCollections: [],
        damages: [],
        memoryRefusal: expect.stringContaining("the collection takes about"),
      });
      const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
      const read = (collection: string) =>
        server!.execute(operations.getDocument, { collection, id: "d1" }, call);
      expect((await read("small"))?.externalId).toBe("d1");
      await expect(read("large")).rejects.toMatchObject({ code: "unavailable" });
    } finally {
      await server?.close();
      server = undefined;
      rmSync(killed, { recursive: true });
    }
  });

  it("closes idle collections for what the process takes beside them", async () => {
    const names = ["a", "b", "c"];
    const first = await reopen(8 * MiB);
    for (const name of names) {
      await first.createCollection({ name, dimension });
      await first.collection(name).upsert(batchOf(0, 550));
    }
    for (const [overheadBytes, openCount] of [
      [1 * MiB, 3],
      [100 * MiB, 2],
    ] as const) {
      const residentBytes = () => overheadBytes;
      const db = await reopen(8 * MiB, { processMemory: { machineBytes: 1024 * MiB, residentBytes } });
      for (const name of names) expect((await db.collection(name).get("d7"))?.version).toBe(1);
      const { items } = await db.listCollections({ limit: 10 });
      expect(items.filter(({ memoryBytes }) => memoryBytes > 0)).toHaveLength(openCount);
      expect(items.every(({ documentCount }) => documentCount === 550)).toBe(true);
    }
  });

  it("refuses writes while the process takes nearly all that the machine has, whatever takes it", async () => {
    let residentBytes = 1;
    const machineBytes = 1024 * MiB;
    const db = await reopen(0, { processMemory: { machineBytes, residentBytes: () => residentBytes } });
    await db.createCollection({ name: "a", dimension });
    await db.collection("a").upsert(batchOf(0, 1));
    residentBytes = machineBytes * limits.residentMemoryShareMax + 1;
    const write = async () =>
      await db
        .collection("a")
        .upsert(batchOf(1, 1))
        .catch(({ code }) => code);
    await expect.poll(write).toBe("unavailable");
    await db.collection("a").delete("d0");
    residentBytes = 1;
    await expect.poll(write).toMatchObject({ upsertedCount: 1 });
  });
});
