import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type CollectionId,
  noDeadline,
  SeededRandom,
  type SnapshotId,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { nodeDisk } from "@akidb/engine";
import {
  allObjects,
  compareObjectKeys,
  type ObjectInfo,
  type ObjectStore,
  openMemoryObjectStore,
} from "@akidb/objects";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import { LogRetention } from "../archive/logRetention.ts";
import { BackupLock, lockLifetimeMs } from "../backup/backupLock.ts";
import { ContentStore } from "../backup/contentStore.ts";
import { findBackup } from "../backup/findBackup.ts";
import { storedBackups } from "../backup/listBackups.ts";
import { removeBackups } from "../backup/removeBackups.ts";
import { takeBackup } from "../backup/takeBackup.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { StoredSnapshots } from "../snapshots/storedSnapshots.ts";

const seeds = [1, 2];
const ids = new UuidV7Generator(systemClock, systemRandom);
const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
let root: string;
let database: Database;
/** Its object store, as it is without any delay. */
let inTime: ObjectStore;
let aheadMs = 0;
const events: LogEvent[] = [];
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-stale-lists-"));
  database = await openDatabase({
    directory: join(root, "data"),
    command: "test",
    objectStore: { kind: "memory" },
    wal: { sync: "never", retentionMs: 0 },
    snapshot: { intervalMs: 0, afterBytes: 0 },
    clock,
    log: (event) => events.push(event),
  });
  await database.loaded();
  inTime = await withContext(async ({ objects }) => ({ ...objects }));
});
afterEach(async () => {
  await withContext(async ({ objects }) => Object.assign(objects, inTime));
  for (const name of (await database.execute(operations.listCollections, {}, call)).items.map(
    (each) => each.name,
  )) {
    await database.execute(operations.deleteCollection, { collection: name }, call);
  }
});
afterAll(async () => {
  await database.close();
  rmSync(root, { recursive: true });
});

const withContext = <T>(run: (context: OperationContext) => Promise<T>): Promise<T> =>
  database.execute(
    defineOperation<undefined, T>({ name: "inspect", permission: "server::admin", resource: theServer, run }),
    undefined,
    call,
  );

/** Of the database's own store, from now on. */
const delayLists = (delay: ListDelay) =>
  withContext(async ({ objects }) => {
    const stale = await withStaleLists(inTime, delay);
    Object.assign(objects, stale);
    return stale;
  });

const create = async (tieringPolicy: "memory" | "memory_s3") => {
  const input = { name: "c", dimension: 16, tieringPolicy, walRetentionSeconds: 3_600 };
  return (await database.execute(operations.createCollection, input, call)).id as CollectionId;
};

/** A file of the archive of its own. */
async function write(generation: number): Promise<void> {
  aheadMs += 1_000;
  const vector = new Float32Array(16).fill(generation);
  const documents = [{ externalId: "d", vector, metadata: { generation } }];
  await database.execute(operations.upsertDocuments, { collection: "c", documents }, call);
  await withContext(({ collections }) => collections.archiveLogs());
}

const snapshot = (upload: "first" | "never" = "first") =>
  withContext(async ({ collections, snapshots, databaseId }) => {
    aheadMs += 1_000;
    const live = await collections.get(databaseId, "c", noDeadline());
    return await (await snapshots.create(live, { upload })).finished;
  });
const list = () => database.execute(operations.listSnapshots, { collection: "c" }, call);
const remove = (id: string) =>
  database.execute(operations.deleteSnapshot, { collection: "c", snapshot: id }, call);
const forgetHere = (collection: CollectionId, id: string) =>
  rmSync(join(root, "data", "collections", collection, "snapshots", id), { recursive: true });

async function restoredGeneration(id: string, untilLsn?: number): Promise<unknown> {
  const into = `at-${ids.next()}`;
  const input = { collection: "c", snapshot: id, into, ...(untilLsn !== undefined && { untilLsn }) };
  await database.execute(operations.restoreSnapshot, input, call);
  const wanted = { collection: into, id: "d", include: ["metadata"] } as const;
  return (await database.execute(operations.getDocument, wanted, call)).metadata?.["generation"];
}

/** Once all is older than its retention. */
const dropUnneeded = () =>
  withContext(async ({ collections, snapshots, archives, databaseId }) => {
    aheadMs += 3 * 3_600_000;
    const log = (event: LogEvent): void => void events.push(event);
    await new LogRetention({ collections, snapshots, archives, clock, log }).runDue();
    const segments = await archives.of(collections.find(databaseId, "c")).segments();
    return segments.map(({ firstLsn }) => firstLsn);
  });

describe("where lists are behind", () => {
  it.each([3])("a log keeps what its snapshots need, for every point (seed %i)", async (seed) => {
    const collection = await create("memory_s3");
    await delayLists({ seed, callsMax: 12, isInOrder: false });
    await write(1);
    const first = await snapshot();
    await write(2);
    const second = await snapshot();
    await write(3);
    for (let round = 0; round < 3; round++) {
      expect(await dropUnneeded()).toEqual(expect.arrayContaining([2, 3]));
    }
    // As on another machine, which has what the store has.
    forgetHere(collection, second.id);
    expect(await restoredGeneration(first.id, 2)).toBe(2);
    expect(await restoredGeneration(second.id, 3)).toBe(3);
    await remove(first.id);
    for (let round = 0; round < 4; round++) {
      const { items, objectStoreProblem } = await list();
      expect(objectStoreProblem).toBeNull();
      expect(items.map(({ id }) => id)).not.toContain(first.id);
      expect(await dropUnneeded()).toContain(3);
    }
    expect(await dropUnneeded()).toEqual([3]);
    expect(await restoredGeneration(second.id, 3)).toBe(3);
    expect(events.filter(({ kind }) => kind.endsWith("_failed"))).toEqual([]);
  });

  it("a snapshot that a list still shows counts for nothing once it is gone from the store", async () => {
    const collectionId = await create("memory_s3");
    await write(1);
    const { id } = await snapshot();
    const stale = await delayLists({ seed: 1, callsMax: 0, isInOrder: true });
    stale.stand();
    // A deletion that was cut off between the store and this machine.
    await withContext(({ objects }) =>
      new StoredSnapshots({ store: objects, disk: nodeDisk }).delete(collectionId, id as SnapshotId),
    );
    expect(await dropUnneeded()).toEqual([1]);
    await withContext(async ({ collections, snapshots, databaseId }) => {
      const record = collections.find(databaseId, "c");
      await snapshots.uploads.sendWanted(record);
      expect(await snapshots.isStored(record, id as SnapshotId)).toBe(true);
    });
    forgetHere(collectionId, id);
    expect(await restoredGeneration(id)).toBe(1);
  });

  it(`backups are whole, and none is lost beside removals (seeds ${seeds})`, async () => {
    await create("memory");
    const counts = { taken: 0, removed: 0 };
    const refused = (error: unknown): undefined => {
      expect(error).toMatchObject({ code: "unavailable" });
    };
    for (const seed of seeds) {
      const store = openMemoryObjectStore({ clock, random: new SeededRandom(1) });
      const stale = await withStaleLists(store, { seed, callsMax: 6, isInOrder: true });
      const expected = new Set<string>();
      for (let round = 0; round < 8; round++) {
        await write(round);
        const selection = { kind: "all but", keepCount: 1 } as const;
        const which = (["take", "both", "take", "remove"] as const)[round % 4];
        const [taken, removed] = await Promise.all([
          which === "remove" ? undefined : take(stale).catch(refused),
          which === "take"
            ? undefined
            : removeBackups({ store: stale, clock, ids, selection }).catch(refused),
        ]);
        if (taken !== undefined) {
          counts.taken++;
          expected.add(taken.id);
        }
        for (const id of removed?.removedBackups ?? []) {
          counts.removed++;
          expected.delete(id);
        }
        expect(new Set(await wholeBackups(store))).toEqual(expected);
      }
    }
    for (const count of Object.values(counts)) expect(count, JSON.stringify(counts)).toBeGreaterThan(0);
  });

  it("the newest backup is the newest that is there", async () => {
    await create("memory");
    const store = openMemoryObjectStore({ clock, random: new SeededRandom(1) });
    const older = await take(store);
    const newer = await take(store);
    const stale = await withStaleLists(store, { seed: 1, callsMax: 0, isInOrder: true });
    stale.stand();
    expect((await findBackup(stale))?.id).toBe(newer.id);
    await removeBackups({ store, clock, ids, selection: { kind: "one", id: newer.id } });
    expect((await findBackup(stale))?.id).toBe(older.id);
    expect((await storedBackups(stale)).map(({ id }) => id)).toEqual([older.id]);
  });

  it("a store whose lists stand still takes no backup and loses none, and says why", async () => {
    await create("memory");
    const store = openMemoryObjectStore({ clock, random: new SeededRandom(1) });
    const stale = await withStaleLists(store, { seed: 1, callsMax: 0, isInOrder: true });
    const { id } = await take(store);
    stale.stand();
    const selection = { kind: "all but", keepCount: 1 } as const;
    const both = [take(stale), removeBackups({ store: stale, clock, ids, selection })];
    for (const outcome of await Promise.allSettled(both)) {
      const reason = { code: "unavailable", message: expect.stringContaining("lists of the backup store") };
      expect(outcome).toMatchObject({ status: "rejected", reason });
    }
    expect(await wholeBackups(store)).toEqual([id]);
  });

  it("nobody is taken for dead who refreshed a lock that a list shows as it was", async () => {
    const store = openMemoryObjectStore({ clock, random: new SeededRandom(1) });
    const lock = (on: ObjectStore, kind: "shared" | "exclusive") =>
      BackupLock.take({ store: on, kind, id: ids.next(), clock, deadline: noDeadline() });
    const held = await lock(store, "shared");
    const [shown] = (await store.list({ prefix: "locks/" })).objects;
    const stale: ObjectStore = {
      ...store,
      list: async (options) => {
        const { objects } = await store.list(options);
        return { objects: objects.map((each) => (each.key === shown!.key ? shown! : each)) };
      },
    };
    for (let each = 0; each < 3; each++) {
      aheadMs += lockLifetimeMs / 2 - 1_000;
      await held.check();
    }
    await expect(lock(stale, "exclusive")).rejects.toThrow("is being taken");
    await held.check();
    aheadMs += lockLifetimeMs + 1_000;
    await using _removal = await lock(stale, "exclusive");
    await expect(held.check()).rejects.toThrow("lost");
    await held[Symbol.asyncDispose]();
  });
});

const take = (store: ObjectStore) =>
  withContext(({ catalog, collections, snapshots, coldCopies, embedding }) =>
    takeBackup(
      { catalog, collections, snapshots, coldCopies, embedding, clock },
      { store, id: ids.next(), deadline: noDeadline(), onProgress: () => {} },
    ),
  );

async function wholeBackups(store: ObjectStore): Promise<readonly string[]> {
  const contents = new ContentStore({ store, disk: nodeDisk });
  const backups = await storedBackups(store);
  for (const backup of backups) {
    if (backup.kind === "unreadable") throw new Error(backup.reason);
    const { catalog, collections } = backup.manifest;
    for (const part of [[catalog], ...collections.map(({ files }) => files)]) {
      expect(await contents.hasAll(part), backup.id).toBe(true);
    }
  }
  return backups.map(({ id }) => id);
}

interface ListDelay {
  readonly seed: number;
  /** A change is shown after up to so many further calls. */
  readonly callsMax: number;
  /** Lists show the store as it was at some moment; else each change comes by itself, as from many servers. */
  readonly isInOrder: boolean;
}

interface StaleLists extends ObjectStore {
  /** From now on lists show no change at all. */
  stand(): void;
}

interface ListedChange {
  readonly key: string;
  /** Undefined where it was deleted. */
  readonly info: ObjectInfo | undefined;
  /** By the calls of the store. */
  readonly shownAt: number;
}

/** A store that lists what it had a while ago; by its key each object is as it is. */
async function withStaleLists(
  store: ObjectStore,
  { seed, callsMax, isInOrder }: ListDelay,
): Promise<StaleLists> {
  const random = new SeededRandom(seed);
  const shown = new Map<string, ObjectInfo>();
  for await (const info of allObjects(store)) shown.set(info.key, info);
  let coming: readonly ListedChange[] = [];
  let calls = 0;
  let isStanding = false;

  const change = (key: string, info?: ObjectInfo): void => {
    const before = coming.findLast((each) => isInOrder || each.key === key)?.shownAt ?? 0;
    const shownAt = Math.max(before, calls + random.nextInt(callsMax + 1));
    coming = [...coming, { key, info, shownAt }];
  };
  const catchUp = (): void => {
    if (isStanding) return;
    for (const { key, info } of coming.filter(({ shownAt }) => shownAt <= calls)) {
      if (info === undefined) shown.delete(key);
      else shown.set(key, info);
    }
    coming = coming.filter(({ shownAt }) => shownAt > calls);
  };

  return {
    ...store,
    put: async (key, ...rest) => {
      calls++;
      const receipt = await store.put(key, ...rest);
      change(key, { ...receipt, modifiedAtMs: clock.nowMs() });
      return receipt;
    },
    get: (...input) => {
      calls++;
      return store.get(...input);
    },
    head: (...input) => {
      calls++;
      return store.head(...input);
    },
    list: async ({ prefix = "", cursor = "", limit = 1_000 } = {}) => {
      calls++;
      catchUp();
      const found = [...shown.values()]
        .filter(({ key }) => key.startsWith(prefix) && key > cursor)
        .sort((a, b) => compareObjectKeys(a.key, b.key));
      const objects = found.slice(0, limit);
      const last = objects.at(-1);
      return { objects, ...(found.length > limit && last !== undefined && { nextCursor: last.key }) };
    },
    delete: async (key, ...rest) => {
      calls++;
      await store.delete(key, ...rest);
      change(key);
    },
    deleteMany: async (keys, ...rest) => {
      calls++;
      const failures = await store.deleteMany(keys, ...rest);
      for (const key of keys) change(key);
      return failures;
    },
    stand: () => {
      isStanding = true;
    },
  };
}
