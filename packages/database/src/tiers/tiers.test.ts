import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, type Clock, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBackupStore } from "../backup/openBackupStore.ts";
import { restoreBackup } from "../backup/restoreBackup.ts";
import type { LogEvent } from "../logEvent.ts";
import { type OpenOptions, open } from "../open.ts";

let directory: string;
let database: AkiDb | undefined;
let events: LogEvent[];
let aheadMs: number;

/** As the machine's, and ahead of it. */
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
};
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-tiers-"));
  events = [];
  aheadMs = 0;
});
afterEach(async () => {
  await database?.close();
  database = undefined;
  rmSync(directory, { recursive: true });
});

async function reopen(options: Partial<OpenOptions> = {}): Promise<AkiDb> {
  await database?.close();
  database = undefined;
  database = await open({
    path: directory,
    clock,
    wal: { sync: "never" },
    log: (event) => events.push(event),
    tiering: { intervalMs: 5 },
    ...options,
  });
  return database;
}

const vectorOf = (value: number) => Float32Array.from({ length: 16 }, (_, at) => Math.sin(value * (at + 1)));
const query = { vector: vectorOf(3), topK: 5, include: ["vector", "metadata", "text"] } as const;

async function withCollection(db: AkiDb, tieringPolicy: "memory" | "memory_s3" = "memory_s3") {
  const { id } = await db.createCollection({ name: "c", dimension: 16, tieringPolicy });
  const collection = db.collection("c");
  await collection.upsert(
    Array.from({ length: 20 }, (_, n) => ({
      externalId: `d${n}`,
      vector: vectorOf(n + 1),
      text: `text ${n}`,
      metadata: { n },
    })),
  );
  const { matches } = await collection.query(query);
  return { id, collection, matches };
}

async function verified(db: AkiDb) {
  const { id } = await db.startVerification();
  await expect.poll(async () => (await db.getVerification(id)).state, { timeout: 10_000 }).toBe("done");
  return (await db.getVerification(id)).report!;
}

const filesOf = (id: string): readonly string[] => {
  const path = join(directory, "collections", id);
  return existsSync(path) ? readdirSync(path).sort() : [];
};

const { rename } = fs;
/** Lets renames fail as a broken disk does, by the ends of their names. */
function failRenames(...failing: readonly (readonly [from: string, to: string])[]): void {
  const renameOrFail: typeof rename = async (from, to) => {
    const fails = failing.some(([a, b]) => String(from).endsWith(a) && String(to).endsWith(b));
    if (fails) throw Object.assign(new Error("EIO: i/o error, rename"), { code: "EIO" });
    await rename(from, to);
  };
  Object.assign(fs, { rename: renameOrFail });
  syncBuiltinESMExports();
}
afterEach(() => failRenames());

describe("a collection of the policy memory_s3", () => {
  it("is made cold and comes back with the next read, equal in every bit", async () => {
    const db = await reopen();
    const { id, collection, matches } = await withCollection(db);
    const cold = await collection.changeTier("demote_to_cold");
    expect(cold).toMatchObject({ tier: "cold", pinned: false });
    expect(filesOf(id)).toEqual(["COLD.json", "closed.json", "snapshots"]);
    expect(await db.getCollection("c")).toMatchObject({
      tier: "cold",
      documentCount: 20,
      diskBytes: 0,
      memoryBytes: 0,
    });
    expect(await db.tierMetrics()).toMatchObject({
      cold: { collectionCount: 1, diskBytes: 0 },
      hot: { collectionCount: 0 },
    });
    expect((await collection.query(query)).matches).toEqual(matches);
    expect(await collection.getTier()).toMatchObject({
      tier: "hot",
      accessCount: 1,
      snapshotId: cold.snapshotId,
    });
    expect(filesOf(id)).not.toContain("COLD.json");
  });

  it("is warm after a week without use, cold after a month, and hot again with a read", async () => {
    const db = await reopen();
    const { collection, matches } = await withCollection(db);
    const tier = async () => (await collection.getTier()).tier;
    aheadMs += 7 * dayMs;
    await expect.poll(tier).toBe("warm");
    expect((await collection.query(query)).matches).toEqual(matches);
    expect(await tier()).toBe("hot");
    aheadMs += 30 * dayMs;
    await expect.poll(tier).toBe("cold");
    expect((await collection.query(query)).matches).toEqual(matches);
    expect(await tier()).toBe("hot");
  });

  it("is in a backup as it is, and restored as one that is not cold", async () => {
    const db = await reopen({ backupTo: join(directory, "backups") });
    const { collection, matches } = await withCollection(db);
    await collection.changeTier("demote_to_cold");
    const { id } = await db.startBackup();
    await expect.poll(async () => (await db.getBackup(id)).state, { timeout: 10_000 }).toBe("done");
    expect((await collection.getTier()).tier).toBe("cold");
    expect((await verified(db)).damages).toEqual([]);
    await db.close();
    database = undefined;
    const store = openBackupStore({
      place: join(directory, "backups"),
      objectStore: {},
      clock,
      random: systemRandom,
    });
    const restored = join(directory, "restored");
    await restoreBackup({ store, directory: restored, clock, ids: new UuidV7Generator(clock, systemRandom) });
    database = await open({ path: restored });
    expect((await database.collection("c").query(query)).matches).toEqual(matches);
  });

  it("is found so by the next start, and goes on behind what it was", async () => {
    const first = await reopen();
    const { id, collection } = await withCollection(first);
    await collection.changeTier("demote_to_cold");
    const again = await reopen();
    expect(await again.getCollection("c")).toMatchObject({ tier: "cold", documentCount: 20, state: "ready" });
    expect(filesOf(id)).toEqual(["COLD.json", "closed.json", "snapshots"]);
    await again.collection("c").upsert([{ externalId: "late", vector: vectorOf(99) }]);
    expect(await again.collection("c").getTier()).toMatchObject({ tier: "hot", accessCount: 1 });
    const last = await reopen();
    expect((await last.collection("c").get("late")).version).toBe(1);
    expect((await last.collection("c").get("d0")).version).toBe(1);
    expect(await last.getCollection("c")).toMatchObject({ documentCount: 21 });
  });

  it("goes back after an hour in which few wanted it and nobody wrote, and without another copy", async () => {
    const db = await reopen();
    const { collection } = await withCollection(db);
    const { snapshotId } = await collection.changeTier("demote_to_cold");
    await collection.get("d1");
    aheadMs += hourMs;
    const tier = () => collection.getTier();
    await expect.poll(async () => (await tier()).tier).toBe("cold");
    expect((await tier()).snapshotId).toBe(snapshotId);
    expect((await collection.listSnapshots()).items).toHaveLength(1);
    await collection.upsert([{ externalId: "d1", vector: vectorOf(7) }]);
    aheadMs += hourMs;
    await expect.poll(async () => (await tier()).snapshotId).toBe(null);
    expect((await tier()).tier).toBe("hot");
  });

  it("stays, where it is wanted three times in an hour", async () => {
    const db = await reopen();
    const { collection } = await withCollection(db);
    await collection.changeTier("demote_to_cold");
    for (let n = 0; n < 3; n++) await collection.get("d1");
    await expect.poll(async () => (await collection.getTier()).snapshotId).toBe(null);
    aheadMs += 2 * hourMs;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await collection.getTier()).tier).toBe("hot");
  });

  it("does not get colder while it is pinned, by whomever", async () => {
    const db = await reopen();
    const { collection } = await withCollection(db);
    expect(await collection.changeTier("pin")).toMatchObject({ pinned: true, tier: "hot" });
    for (const action of ["demote_to_warm", "demote_to_cold"] as const) {
      await expect(collection.changeTier(action)).rejects.toMatchObject({ code: "failed_precondition" });
    }
    aheadMs += 100 * dayMs;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await collection.getTier()).tier).toBe("hot");
    await collection.changeTier("unpin");
    await expect.poll(async () => (await collection.getTier()).tier).toBe("cold");
  });

  it("keeps the snapshot that it consists of, and others that are nowhere else", async () => {
    const db = await reopen();
    await db.createCollection({ name: "c", dimension: 16, tieringPolicy: "memory_s3", syncPolicy: "manual" });
    const collection = db.collection("c");
    await collection.upsert([{ externalId: "d1", vector: vectorOf(1) }]);
    const own = await collection.createSnapshot();
    await collection.upsert([{ externalId: "d2", vector: vectorOf(2) }]);
    const { snapshotId } = await collection.changeTier("demote_to_cold");
    const { items } = await collection.listSnapshots();
    expect(items.map(({ id, location }) => [id, location])).toEqual([
      [own.id, "local"],
      [snapshotId, "object_store"],
    ]);
    await expect(collection.deleteSnapshot(snapshotId!)).rejects.toMatchObject({
      code: "failed_precondition",
    });
    await collection.restoreSnapshot(own.id);
    expect(await collection.getTier()).toMatchObject({ tier: "hot", snapshotId: null });
    expect((await db.getCollection("c")).documentCount).toBe(1);
  });

  it("is fetched once for all who want it, each of whom waits as long as it can", async () => {
    const db = await reopen();
    const { collection } = await withCollection(db);
    await collection.changeTier("demote_to_cold");
    const waits = await Promise.allSettled([
      collection.get("d1", { timeoutMs: 0 }),
      ...Array.from({ length: 5 }, () => collection.get("d1")),
    ]);
    expect(waits.map(({ status }) => status)).toEqual(["rejected", ...Array(5).fill("fulfilled")]);
    expect(events.filter(({ kind }) => kind === "tier_migrated")).toHaveLength(2);
  });

  it.each<[string, (id: string) => readonly (readonly [string, string])[]]>([
    ["its files cannot have its name", (id) => [[".promoting", id]]],
    [
      "neither they nor those before can have it",
      (id) => [
        [".promoting", id],
        [".replaced", id],
      ],
    ],
    ["its snapshots cannot be moved to them", (id) => [[".replaced/snapshots", `${id}/snapshots`]]],
  ])("comes back with a later request where %s at first", async (_, failing) => {
    const db = await reopen();
    await db.createCollection({ name: "c", dimension: 16, tieringPolicy: "memory_s3", syncPolicy: "manual" });
    const collection = db.collection("c");
    await collection.upsert([{ externalId: "d1", vector: vectorOf(1) }]);
    const own = await collection.createSnapshot();
    await collection.restoreSnapshot(own.id);
    const { id } = await db.getCollection("c");
    await collection.changeTier("demote_to_cold");
    failRenames(...failing(id));
    await expect(collection.get("d1")).rejects.toMatchObject({ code: "internal" });
    expect((await collection.getTier()).tier).toBe("cold");
    failRenames();
    aheadMs += 60_000;
    expect((await collection.get("d1")).externalId).toBe("d1");
    expect(filesOf(id)).toContain("RESTORES.json");
    expect((await collection.listSnapshots()).items).toContainEqual(
      expect.objectContaining({ id: own.id, location: "local" }),
    );
    expect(readdirSync(join(directory, "collections"))).toEqual([id]);
    const again = await reopen();
    expect((await again.collection("c").get("d1")).externalId).toBe("d1");
  });

  it("is refused, and whole in the object store, where its copy is damaged there", async () => {
    const db = await reopen();
    const { id, collection } = await withCollection(db);
    const { snapshotId } = await collection.changeTier("demote_to_cold");
    const object = join(
      directory,
      "objects",
      "collections",
      id,
      "snapshots",
      snapshotId!,
      "documents.parquet@object",
    );
    const bytes = readFileSync(object);
    const damaged = Buffer.from(bytes);
    damaged[100]! ^= 1;
    writeFileSync(object, damaged);
    await expect(collection.get("d1")).rejects.toMatchObject({
      code: expect.stringMatching(/failed_precondition|internal/),
    });
    expect((await collection.getTier()).tier).toBe("cold");
    writeFileSync(object, bytes);
    aheadMs += 60_000;
    expect((await collection.get("d1")).externalId).toBe("d1");
  });
});

it("a collection of the policy memory gets warm and never cold", async () => {
  const db = await reopen();
  const { collection } = await withCollection(db, "memory");
  await expect(collection.changeTier("demote_to_cold")).rejects.toMatchObject({
    code: "failed_precondition",
  });
  aheadMs += 100 * dayMs;
  await expect.poll(async () => (await collection.getTier()).tier).toBe("warm");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect((await collection.getTier()).tier).toBe("warm");
  const again = await reopen({ tiering: { enabled: false } });
  expect((await again.collection("c").getTier()).tier).toBe("warm");
});

it("an object store that ends with the process has no cold collections", async () => {
  const db = await reopen({ objectStore: { kind: "memory" } });
  const { collection } = await withCollection(db);
  await expect(collection.changeTier("demote_to_cold")).rejects.toMatchObject({
    code: "failed_precondition",
  });
});
