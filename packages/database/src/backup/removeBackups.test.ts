import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type Clock,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { nodeDisk } from "@akidb/engine";
import { allObjects, type ObjectStore, objectBytes, openMemoryObjectStore } from "@akidb/objects";
import { startS3Server } from "@akidb/objects/s3-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { BackupLock, lockLifetimeMs } from "./backupLock.ts";
import { backupKey } from "./backupManifest.ts";
import { ContentStore } from "./contentStore.ts";
import { listBackups, storedBackups } from "./listBackups.ts";
import { openBackupStore } from "./openBackupStore.ts";
import { type BackupSelection, removeBackups } from "./removeBackups.ts";
import { type BackupTaking, takeBackup } from "./takeBackup.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
let root: string;
let database: Database;
/** That of the stores in memory, too. */
let aheadMs = 0;
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
};
/** Three backups, each with something that the one before has not. */
let filled: ReadonlyMap<string, Uint8Array>;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-remove-backups-"));
  database = await openDatabase({ directory: join(root, "data"), command: "test", wal: { sync: "never" } });
  await database.execute(operations.createCollection, { name: "still", dimension: 16 }, call);
  await database.execute(operations.createCollection, { name: "moving", dimension: 16 }, call);
  await write(0);
  const store = memory();
  for (let n = 1; n <= 3; n++) {
    await write(n);
    await take(store);
  }
  filled = await contentsOf(store);
});
afterAll(async () => {
  await database.close();
  rmSync(root, { recursive: true });
});

const memory = () => openMemoryObjectStore({ clock, random: new SeededRandom(1) });

const write = (n: number) =>
  database.execute(
    operations.upsertDocuments,
    { collection: "moving", documents: [{ externalId: `d${n}`, vector: new Float32Array(16).fill(n + 1) }] },
    call,
  );

const take = (store: ObjectStore) => {
  const taking: BackupTaking = { store, id: ids.next(), deadline: noDeadline(), onProgress: () => {} };
  const run = defineOperation<undefined, Awaited<ReturnType<typeof takeBackup>>>({
    name: "take",
    permission: "server::admin",
    resource: theServer,
    run: ({ catalog, collections, snapshots, coldCopies, embedding }) =>
      takeBackup({ catalog, collections, snapshots, coldCopies, embedding, clock }, taking),
  });
  return database.execute(run, undefined, call);
};

const remove = (store: ObjectStore, selection: BackupSelection, isDryRun = false) =>
  removeBackups({ store, clock, ids, selection, isDryRun });
const keep = (keepCount: number): BackupSelection => ({ kind: "all but", keepCount });

async function contentsOf(store: ObjectStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for await (const { key } of allObjects(store)) {
    contents.set(key, (await objectBytes(store, key, { bytesMax: 1 << 26 })).bytes.slice());
  }
  return contents;
}

async function filledStore(store: ObjectStore = memory()): Promise<ObjectStore> {
  for (const [key, bytes] of filled) await store.put(key, bytes);
  return store;
}

/** @returns how many there are */
async function expectAllWhole(store: ObjectStore): Promise<number> {
  const contents = new ContentStore({ store, disk: nodeDisk });
  const backups = await storedBackups(store);
  for (const backup of backups) {
    if (backup.kind === "unreadable") throw new Error(backup.reason);
    const { catalog, collections } = backup.manifest;
    for (const part of [[catalog], ...collections.map(({ files }) => files)]) {
      expect(await contents.hasAll(part), backup.id).toBe(true);
    }
  }
  return backups.length;
}

const keysBelow = async (store: ObjectStore, prefix: string) =>
  [...(await contentsOf(store)).keys()].filter((key) => key.startsWith(prefix));

describe("removing backups", () => {
  it.each(["memory", "folder", "S3"])("leaves what the others need, in a store of kind %s", async (kind) => {
    await using server = await startS3Server();
    const place = kind === "S3" ? `s3://${server.bucketName}/b` : join(root, "folder");
    const objectStore = { endpoint: server.endpoint, forcePathStyle: true, ...server.credentials };
    const store = await filledStore(
      kind === "memory" ? memory() : openBackupStore({ place, objectStore, clock, random: systemRandom }),
    );
    const [first, second, third] = await listBackups(store);
    expect(third).toMatchObject({ collectionCount: 2, documentCount: 4, damage: null });
    const before = await keysBelow(store, "");
    const wouldBe = await remove(store, keep(2), true);
    expect(await keysBelow(store, "")).toEqual(before);
    server.faults.add(
      {
        operation: "PutObject",
        failing: { kind: "refuse after", status: 500, code: "InternalError" },
        times: 1,
      },
      { operation: "DeleteObject", failing: { kind: "reset after" }, times: 1 },
      { operation: "DeleteObjects", failing: { kind: "refuse", status: 503, code: "SlowDown" }, times: 1 },
    );
    const report = await remove(store, keep(2));
    expect(report).toEqual(wouldBe);
    expect(report).toMatchObject({ removedBackups: [first!.id], keptCount: 2 });
    expect(report.contentCount).toBeGreaterThan(0);
    expect((await keysBelow(store, "")).length).toBe(before.length - report.contentCount - 1);
    expect(await expectAllWhole(store)).toBe(2);
    expect(await remove(store, keep(2))).toMatchObject({ removedBackups: [], contentCount: 0 });
    expect(await remove(store, { kind: "one", id: third!.id })).toMatchObject({ keptCount: 1 });
    expect(await expectAllWhole(store)).toBe(1);
    await remove(store, { kind: "one", id: second!.id });
    expect(await keysBelow(store, "")).toEqual([]);
    await store.close();
  });

  it("is refused for what is not there, and for what nobody can mean", async () => {
    const store = await filledStore();
    await expect(remove(store, { kind: "one", id: ids.next() })).rejects.toMatchObject({ code: "not_found" });
    for (const count of [0, -1, 1.5, Number.NaN]) {
      await expect(remove(store, keep(count))).rejects.toMatchObject({ code: "invalid_argument" });
    }
    expect(await keysBelow(store, "locks/")).toEqual([]);
    expect(await remove(memory(), keep(1))).toMatchObject({ removedBackups: [], contentCount: 0 });
  });

  it("removes nothing while a backup that stays cannot be read, but for that backup", async () => {
    const store = await filledStore();
    const [first] = await listBackups(store);
    const flipped = filled.get(backupKey(first!.id))!.slice();
    flipped[9]! ^= 4;
    await store.put(backupKey(first!.id), flipped);
    const [listed, ...others] = await listBackups(store);
    expect(listed).toMatchObject({ id: first!.id, damage: expect.stringContaining("damaged") });
    expect(others.map(({ damage }) => damage)).toEqual([null, null]);
    await expect(remove(store, keep(1))).rejects.toMatchObject({ code: "failed_precondition" });
    expect((await contentsOf(store)).size).toBe(filled.size);
    await remove(store, { kind: "one", id: first!.id });
    expect(await expectAllWhole(store)).toBe(2);
    expect(await remove(store, keep(1))).toMatchObject({ keptCount: 1 });
  });

  it("leaves whole backups wherever it is killed, and the next one ends it", async () => {
    for (let calls = 0; ; calls++) {
      const store = await filledStore();
      const isDone = await remove(killedAfter(store, calls), keep(1)).then(
        () => true,
        () => false,
      );
      expect(await expectAllWhole(store)).toBeGreaterThan(0);
      aheadMs += lockLifetimeMs + 1;
      await remove(store, keep(1));
      expect(await expectAllWhole(store)).toBe(1);
      expect(await remove(store, keep(1), true)).toMatchObject({ contentCount: 0 });
      expect(await keysBelow(store, "locks/")).toEqual([]);
      if (isDone) break;
    }
  });
});

/** As from a process that is gone from then on. */
function killedAfter(store: ObjectStore, calls: number): ObjectStore {
  let count = 0;
  const guarded =
    (name: keyof ObjectStore) =>
    async (first: unknown, ...rest: unknown[]) => {
      count++;
      // Of many keys, half are deleted.
      if (count > calls && name === "deleteMany" && count === calls + 1) {
        const keys = first as readonly string[];
        await store.deleteMany(keys.slice(0, keys.length / 2));
      }
      if (count > calls) throw new Error("the process is gone");
      return await (store[name] as (...all: unknown[]) => unknown)(first, ...rest);
    };
  const names = ["put", "get", "head", "list", "delete", "deleteMany"] as const;
  return { ...store, ...Object.fromEntries(names.map((name) => [name, guarded(name)])) };
}

describe("beside a backup that is taken", () => {
  const lock = (store: ObjectStore, kind: "shared" | "exclusive") =>
    BackupLock.take({ store, kind, id: ids.next(), clock, deadline: noDeadline() });

  it("nothing is removed, and none is taken while something is removed", async () => {
    const store = await filledStore();
    {
      await using _one = await lock(store, "shared");
      await using _another = await lock(store, "shared");
      await expect(remove(store, keep(1))).rejects.toMatchObject({ code: "unavailable" });
      expect(await expectAllWhole(store)).toBe(3);
    }
    {
      await using _removal = await lock(store, "exclusive");
      await expect(take(store)).rejects.toMatchObject({ code: "unavailable" });
      await expect(remove(store, keep(1))).rejects.toMatchObject({ code: "unavailable" });
    }
    expect(await keysBelow(store, "locks/")).toEqual([]);
    await remove(store, keep(1));
    expect(await expectAllWhole(store)).toBe(1);
  });

  const seeds = [1, 2, 3, 4, 5, 6];
  it(`every backup is whole, however the two get in each other's way (seeds ${seeds})`, async () => {
    const outcomes = new Set<string>();
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      const store = await filledStore();
      const slow = async <T>(work: () => Promise<T>): Promise<T> => {
        for (let turns = random.nextInt(8); turns > 0; turns--) await setImmediate();
        return await work();
      };
      const jittery: ObjectStore = {
        ...store,
        put: (...all) => slow(() => store.put(...all)),
        head: (...all) => slow(() => store.head(...all)),
        list: (...all) => slow(() => store.list(...all)),
        deleteMany: (...all) => slow(() => store.deleteMany(...all)),
      };
      const both = await Promise.allSettled([take(jittery), remove(jittery, keep(1))]);
      outcomes.add(both.map(({ status }) => status).join());
      await expectAllWhole(store);
      expect(await keysBelow(store, "locks/")).toEqual([]);
    }
    // At least one of them has to be refused, as long as they are at work together.
    expect([...outcomes].some((outcome) => outcome.includes("rejected"))).toBe(true);
  });

  it("a lock counts until it has not been refreshed for half an hour, and its holder notices", async () => {
    const store = memory();
    const dead = await lock(store, "shared");
    aheadMs += lockLifetimeMs - 60_000;
    await expect(lock(store, "exclusive")).rejects.toThrow(/backup .* is being taken.*in 1 minutes/);
    aheadMs += 61_000;
    const removal = await lock(store, "exclusive");
    await expect(dead.check()).rejects.toMatchObject({ code: "unavailable" });
    await removal.check();
    await dead[Symbol.asyncDispose]();
    await removal.check();
    await removal[Symbol.asyncDispose]();
    const shared = await lock(store, "shared");
    for (const key of await keysBelow(store, "locks/")) await store.delete(key);
    await expect(shared.check()).rejects.toThrow("lost");
    await shared[Symbol.asyncDispose]();
  });

  it("an answer that is lost while a lock is refreshed does not lose the lock", async () => {
    const store = memory();
    let isLosing = false;
    const losing: ObjectStore = {
      ...store,
      put: async (...all) => {
        const receipt = await store.put(...all);
        if (isLosing) throw new Error("no answer");
        return receipt;
      },
    };
    isLosing = true;
    await expect(lock(losing, "exclusive")).rejects.toThrow("no answer");
    isLosing = false;
    await using shared = await lock(losing, "shared");
    isLosing = true;
    await expect(shared.check()).rejects.toThrow("no answer");
    isLosing = false;
    await shared.check();
    await shared.check();
  });

  it("one that stood still for too long does not become a backup", async () => {
    const store = await filledStore();
    await write(50);
    let isStuck = false;
    const stuck: ObjectStore = {
      ...store,
      put: async (key, ...rest) => {
        const receipt = await store.put(key, ...rest);
        if (key.startsWith("content/") && !isStuck) {
          isStuck = true;
          aheadMs += lockLifetimeMs + 1;
          expect((await remove(store, keep(1))).contentCount).toBeGreaterThan(0);
        }
        return receipt;
      },
    };
    await expect(take(stuck)).rejects.toBeDefined();
    expect(isStuck).toBe(true);
    expect(await expectAllWhole(store)).toBe(1);
    await take(store);
    expect(await expectAllWhole(store)).toBe(2);
  });
});
