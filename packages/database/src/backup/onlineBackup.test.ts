import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AkiDb,
  type Backup,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import type { ObjectStore } from "@akidb/objects";
import { startS3Server } from "@akidb/objects/s3-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import { type OpenOptions, open } from "../open.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";
import { openBackupStore } from "./openBackupStore.ts";
import { restoreBackup } from "./restoreBackup.ts";

const seed = 7;
const ids = new UuidV7Generator(systemClock, systemRandom);
let root: string;
let path: string;
let place: string;
let opened: AkiDb[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-online-backup-"));
  path = join(root, "data");
  place = join(root, "backups");
  opened = [];
});
afterEach(async () => {
  for (const db of opened) await db.close();
  rmSync(root, { recursive: true });
});

async function openAt(at: string, options: Partial<OpenOptions> = {}): Promise<AkiDb> {
  const db = await open({ path: at, backupTo: place, wal: { sync: "never" }, ...options });
  opened.push(db);
  return db;
}

async function closeAll(): Promise<void> {
  for (const db of opened.splice(0)) await db.close();
}

const folder = (): ObjectStore =>
  openBackupStore({ place, objectStore: {}, clock: systemClock, random: systemRandom });

async function untilDone(db: AkiDb, { id }: Backup): Promise<Backup> {
  for (;;) {
    const backup = await db.getBackup(id);
    if (backup.state !== "running") return backup;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function restored(id?: string, store = folder()): Promise<AkiDb> {
  const directory = join(root, `restored-${ids.next()}`);
  await restoreBackup({ store, directory, clock: systemClock, ids, ...(id !== undefined && { id }) });
  return await openAt(directory);
}

const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
const generationOf = (generation: number) =>
  keys.map((externalId) => ({
    externalId,
    vector: new Float32Array(16).fill(generation + 1),
    metadata: { generation },
  }));

/** Of a collection whose every write replaces all documents. */
async function generationIn(db: AkiDb, name: string): Promise<number> {
  const collection = db.collection<{ generation: number }>(name);
  const found = await Promise.all(keys.map((key) => collection.get(key)));
  const generations = new Set(found.map(({ metadata }) => metadata!.generation));
  expect(generations.size, `generations of ${name}`).toBe(1);
  return [...generations][0]!;
}

/** Goes on with `step` until the backup has ended. */
async function during(db: AkiDb, step: (n: number) => Promise<void>): Promise<Backup> {
  const begun = await db.startBackup();
  let isDone = false;
  const working = (async () => {
    for (let n = 1; !isDone; n++) await step(n);
  })();
  const backup = await untilDone(db, begun).finally(() => {
    isDone = true;
  });
  await working;
  return backup;
}

/** The catalog changes with every backup: its audit log has it. */
const catalogBytesMax = 300_000;

describe("a backup of what is served", () => {
  it("has each collection of one moment while writes go on, and leaves nothing behind", async () => {
    const db = await openAt(path);
    for (const name of ["a", "b"]) {
      await db.createCollection({ name, dimension: 16 });
      await db.collection(name).upsert(generationOf(0), { atomic: true });
    }
    let last = 0;
    const first = await during(db, async (n) => {
      await Promise.all(
        ["a", "b"].map((name) => db.collection(name).upsert(generationOf(n), { atomic: true })),
      );
      last = n;
    });
    expect(first).toMatchObject({
      state: "done",
      progress: 1,
      report: { collectionCount: 2, documentCount: 80 },
    });
    expect(last).toBeGreaterThan(1);
    for (const name of ["a", "b"]) {
      expect((await db.collection(name).listSnapshots()).items).toEqual([]);
      const { id } = await db.getCollection(name);
      expect(readdirSync(join(path, "collections", id, "snapshots"))).toEqual([]);
    }
    const second = await untilDone(db, await db.startBackup());
    const third = await untilDone(db, await db.startBackup());
    expect(third.report!.sentBytes).toBeLessThan(catalogBytesMax);
    const copy = await restored(first.id);
    const latest = await restored();
    for (const name of ["a", "b"]) {
      expect(await generationIn(copy, name)).toBeLessThanOrEqual(last);
      expect(await generationIn(latest, name)).toBe(last);
    }
    expect(second.report!.totalBytes).toBe(third.report!.totalBytes);
  });

  it(`has every collection that its catalog names, while they come and go (seed ${seed})`, async () => {
    const db = await openAt(path);
    const random = new SeededRandom(seed);
    await db.createCollection({ name: "lasting", dimension: 16 });
    await db.collection("lasting").upsert(generationOf(0), { atomic: true });
    for (let n = 0; n < 4; n++) await db.createCollection({ name: `old-${n}`, dimension: 16 });
    const backup = await during(db, async (n) => {
      const name = `new-${n}`;
      await db.createCollection({ name, dimension: 16 });
      await db.collection(name).upsert(generationOf(n), { atomic: true });
      const { items } = await db.listCollections({ limit: 1_000 });
      const doomed = items.filter((each) => each.name !== "lasting");
      await db.deleteCollection(doomed[random.nextInt(doomed.length)]!.id);
    });
    expect(backup).toMatchObject({ state: "done", stateReason: null });
    const copy = await restored(backup.id);
    const { items } = await copy.listCollections({ limit: 1_000 });
    expect(items.length).toBe(backup.report!.collectionCount);
    for (const { name, state, documentCount } of items) {
      expect(state).toBe("ready");
      if (documentCount > 0) expect(await generationIn(copy, name)).toBeGreaterThanOrEqual(0);
    }
    expect(items.map(({ name }) => name)).toContain("lasting");
  });

  it("takes a collection again that is restored meanwhile", async () => {
    const db = await openAt(path);
    await db.createCollection({ name: "a", dimension: 16 });
    const a = db.collection("a");
    await a.upsert(generationOf(1), { atomic: true });
    const { id } = await a.createSnapshot();
    let restores = 0;
    const backup = await during(db, async (n) => {
      await a.upsert(generationOf(n + 1), { atomic: true });
      if (restores++ < 2) await a.restoreSnapshot(id);
    });
    expect(backup).toMatchObject({ state: "done", stateReason: null });
    expect(restores).toBeGreaterThan(0);
    await generationIn(await restored(), "a");
  });

  it("is one at a time", async () => {
    const db = await openAt(path);
    await db.createCollection({ name: "a", dimension: 16 });
    const begun = await db.startBackup();
    expect(await db.startBackup({ to: place })).toMatchObject({ id: begun.id });
    await expect(db.startBackup({ to: join(root, "other") })).rejects.toMatchObject({
      code: "failed_precondition",
    });
    expect(await untilDone(db, begun)).toMatchObject({ state: "done" });
    const other = await untilDone(db, await db.startBackup({ to: join(root, "other") }));
    expect(other).toMatchObject({ state: "done", to: join(root, "other") });
    await expect(db.getBackup(begun.id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("is none where the database is closed before, and the next one goes on", async () => {
    const db = await openAt(path);
    await db.createCollection({ name: "a", dimension: 16 });
    await db.collection("a").upsert(generationOf(3), { atomic: true });
    await db.startBackup();
    await closeAll();
    await expect(restored()).rejects.toMatchObject({ code: "not_found" });
    const again = await openAt(path);
    expect(await untilDone(again, await again.startBackup())).toMatchObject({ state: "done" });
    expect(await generationIn(await restored(), "a")).toBe(3);
  });

  it("says why it failed, and uses what it sent", async () => {
    await using server = await startS3Server();
    const objectStore = { endpoint: server.endpoint, forcePathStyle: true, ...server.credentials };
    const backupTo = `s3://${server.bucketName}/nightly`;
    const db = await openAt(path, { backupTo, objectStore: { ...objectStore, kind: "s3", bucket: "none" } });
    await db.createCollection({ name: "a", dimension: 16 });
    await db.collection("a").upsert(generationOf(5), { atomic: true });
    server.faults.add({
      operation: "PutObject",
      failing: { kind: "refuse", status: 403, code: "AccessDenied" },
      skip: 4,
      times: 1,
    });
    const failed = await untilDone(db, await db.startBackup());
    expect(failed).toMatchObject({
      state: "failed",
      report: null,
      stateReason: expect.stringContaining("refuse"),
    });
    const { report } = await untilDone(db, await db.startBackup());
    expect(report!.sentBytes).toBeLessThan(report!.totalBytes);
    const store = openBackupStore({
      place: backupTo,
      objectStore,
      clock: systemClock,
      random: systemRandom,
    });
    expect(await generationIn(await restored(undefined, store), "a")).toBe(5);
    await store.close();
  });
});

describe("where to", () => {
  let database: Database;
  afterEach(() => database.close());
  const openServed = async (backupTo?: string): Promise<void> => {
    database = await openDatabase({ directory: path, command: "test", backupTo });
    await database.loaded();
  };
  const start = (input: { readonly to?: string; readonly ownerProof?: string }) =>
    database.execute(operations.startBackup, input, {
      requestId: "test",
      deadline: noDeadline(),
      caller: ownProcess,
    });

  it("is for the configuration to say, or for who has the data directory", async () => {
    await openServed(place);
    const other = join(root, "other");
    for (const ownerProof of [undefined, "", "x", "0".repeat(64)]) {
      const proof = ownerProof === undefined ? {} : { ownerProof };
      await expect(start({ to: other, ...proof })).rejects.toMatchObject({ code: "permission_denied" });
    }
    expect(existsSync(other)).toBe(false);
    expect(await start({ to: place })).toMatchObject({ state: "running", to: place });
    await database.close();
    await openServed();
    await expect(start({})).rejects.toMatchObject({ code: "failed_precondition" });
    const { ownerProof } = database;
    await expect(start({ to: "ftp://x/y", ownerProof })).rejects.toMatchObject({ code: "invalid_argument" });
    expect(await start({ to: other, ownerProof })).toMatchObject({ state: "running", to: other });
  });
});
