import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  noDeadline,
  type SnapshotId,
  type SyncPolicy,
  systemClock,
  systemRandom,
  unavailable,
} from "@akidb/base";
import { decodeSnapshotManifest, nodeDisk } from "@akidb/engine";
import { allObjects, type ObjectStore, objectBytes, openMemoryObjectStore } from "@akidb/objects";
import { type S3Server, startS3Server } from "@akidb/objects/s3-server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import type { ObjectStoreOptions } from "../objectStore/objectStoreOptions.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { StoredSnapshots } from "./storedSnapshots.ts";

let root: string;
let server: S3Server;
let database: Database;
let events: LogEvent[];
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-stored-"));
  events = [];
});
afterEach(async () => {
  server.faults.clear();
  await database.close();
  rmSync(root, { recursive: true });
});

const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
const withContext = <T>(run: (context: OperationContext) => Promise<T>): Promise<T> =>
  database.execute(
    defineOperation<undefined, T>({ name: "inspect", permission: "server::admin", resource: theServer, run }),
    undefined,
    call,
  );

const s3 = (): ObjectStoreOptions => ({
  kind: "s3",
  bucket: server.bucketName,
  endpoint: server.endpoint,
  prefix: root.split("/").at(-1)!.toLowerCase(),
  accessKeyId: server.credentials.accessKeyId,
  secretAccessKey: server.credentials.secretAccessKey,
  forcePathStyle: true,
});

async function openIn(objectStore: ObjectStoreOptions): Promise<void> {
  database = await openDatabase({
    directory: join(root, "data"),
    command: "test",
    objectStore,
    log: (event) => events.push(event),
  });
  await database.loaded();
}

async function createCollection(
  syncPolicy: SyncPolicy,
  tieringPolicy: "memory" | "memory_s3" = "memory_s3",
): Promise<CollectionId> {
  const input = { name: "c", dimension: 16, syncPolicy, tieringPolicy };
  const { id } = await database.execute(operations.createCollection, input, call);
  await write(60);
  return id as CollectionId;
}

const write = (count: number, from = 0) =>
  database.execute(
    operations.upsertDocuments,
    {
      collection: "c",
      documents: Array.from({ length: count }, (_, n) => ({
        externalId: `d${from + n}`,
        vector: Float32Array.from({ length: 16 }, (_, i) => Math.sin(from + n * 31 + i)),
        text: `document ${from + n}`,
      })),
    },
    call,
  );

const listAll = () => database.execute(operations.listSnapshots, { collection: "c" }, call);
const list = async () => (await listAll()).items;
const create = (upload = false) =>
  database.execute(operations.createSnapshot, { collection: "c", upload }, call);
const restore = (snapshot: string, into?: string) =>
  database.execute(
    operations.restoreSnapshot,
    { collection: "c", snapshot, ...(into !== undefined && { into }) },
    call,
  );
const locations = async () => (await list()).map(({ location }) => location);
const snapshotPath = (collection: CollectionId, snapshot: string) =>
  join(root, "data", "collections", collection, "snapshots", snapshot);

async function keysIn(store: ObjectStore, prefix = "collections/"): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of allObjects(store, { prefix })) keys.push(key);
  return keys;
}

/** What a manifest names is there, as long as it says, and what it says. */
async function expectWholeIfListed(store: ObjectStore, collection: CollectionId): Promise<number> {
  const stored = new StoredSnapshots({ store, disk: nodeDisk });
  const ids = await stored.list(collection);
  for (const id of ids) {
    const prefix = `collections/${collection}/snapshots/${id}/`;
    const { bytes } = await objectBytes(store, `${prefix}MANIFEST.json`, { bytesMax: 1 << 20 });
    const reading = decodeSnapshotManifest(bytes);
    if (reading.kind !== "valid") throw new Error(`the manifest of ${id} is ${reading.kind}`);
    for (const { name, bytes: length } of reading.manifest.files) {
      const file = await objectBytes(store, `${prefix}${name}`, { bytesMax: 1 << 24 });
      expect(file.bytes.length, name).toBe(length);
    }
  }
  return ids.size;
}

describe.each([
  ["this process's memory", () => ({ kind: "memory" }) as const],
  ["a folder", () => ({ kind: "local" }) as const],
  ["S3", s3],
])("in %s", (_, options) => {
  it("a snapshot is copied, found without the local one, restored, and deleted in both places", async () => {
    await openIn(options());
    const collection = await createCollection("continuous");
    const { id, location } = await create();
    expect(location).toBe("local");
    await expect.poll(locations).toEqual(["both"]);
    await withContext(async ({ objects }) => {
      expect(await expectWholeIfListed(objects, collection)).toBe(1);
    });
    const before = await list();
    rmSync(snapshotPath(collection, id), { recursive: true });
    expect(await list()).toEqual(before.map((info) => ({ ...info, location: "object_store" })));
    await write(5, 100);
    expect(await restore(id, "clone")).toMatchObject({ documentCount: 60 });
    expect(await locations()).toEqual(["both"]);
    rmSync(snapshotPath(collection, id), { recursive: true });
    expect(await restore(id)).toMatchObject({ documentCount: 60, state: "ready" });
    expect(readdirSync(join(snapshotPath(collection, id), ".."))).toEqual([id]);

    rmSync(snapshotPath(collection, id), { recursive: true });
    await database.execute(operations.deleteSnapshot, { collection: "c", snapshot: id }, call);
    expect(await list()).toEqual([]);
    await withContext(async ({ objects }) => {
      expect(await keysIn(objects, `collections/${collection}/snapshots/`)).toEqual([]);
    });
    await expect(restore(id)).rejects.toMatchObject({ code: "not_found" });
    expect(events.filter(({ kind }) => kind === "snapshot_upload_failed")).toEqual([]);
  });

  it("nothing is left of a collection that is deleted", async () => {
    await openIn(options());
    await createCollection("continuous");
    for (let each = 0; each < 3; each++) {
      await write(5, 100 * each);
      await create();
    }
    await database.execute(operations.deleteCollection, { collection: "c" }, call);
    await withContext(async ({ objects }) => expect(await keysIn(objects)).toEqual([]));
  });
});

describe("by its sync policy a collection sends", () => {
  const wanted = () =>
    withContext(async ({ collections, snapshots }) => await snapshots.uploadAllWanted(collections.records()));
  const createScheduled = () =>
    withContext(async ({ collections, snapshots, databaseId }) => {
      const live = await collections.get(databaseId, "c", noDeadline());
      return await (await snapshots.create(live, { origin: "scheduled" })).finished;
    });

  it("the scheduled snapshots, with scheduled", async () => {
    await openIn({ kind: "local" });
    await createCollection("scheduled");
    await create();
    await createScheduled();
    await wanted();
    expect((await list()).map(({ origin, location }) => [origin, location])).toEqual([
      ["manual", "local"],
      ["scheduled", "both"],
    ]);
  });

  it("what is asked for, with manual, and then it is ready when it is there", async () => {
    await openIn({ kind: "local" });
    await createCollection("manual");
    await create();
    await createScheduled();
    await wanted();
    expect(await create(true)).toMatchObject({ location: "both" });
    expect(await locations()).toEqual(["local", "local", "both"]);
  });

  it("nothing, where its tiering policy keeps it on the machine", async () => {
    await openIn({ kind: "local" });
    await createCollection("continuous", "memory");
    await expect(create(true)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("memory_s3"),
    });
    expect(await create()).toMatchObject({ location: "local" });
    await wanted();
    expect(await locations()).toEqual(["local"]);
    await withContext(async ({ objects }) => expect(await keysIn(objects)).toEqual([]));
  });

  it("all of them, with continuous, also those that are made while others are sent", async () => {
    await openIn({ kind: "local" });
    const collection = await createCollection("continuous");
    await Promise.all(Array.from({ length: 6 }, () => create()));
    await expect.poll(locations).toEqual(Array.from({ length: 6 }, () => "both"));
    await withContext(async ({ objects }) => {
      expect(await expectWholeIfListed(objects, collection)).toBe(6);
    });
  });

  it("all but one that is damaged here", async () => {
    const store = s3();
    await openIn({ ...store, secretAccessKey: "wrong" });
    const collection = await createCollection("continuous");
    const { id } = await create();
    await create();
    await database.close();
    const path = join(snapshotPath(collection, id), "documents.parquet");
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
    await openIn(store);
    events = [];
    await wanted();
    expect(await locations()).toEqual(["local", "both"]);
    await wanted();
    expect(events.filter(({ kind }) => kind === "snapshot_upload_failed")).toHaveLength(1);
  });

  it("what an earlier process did not get to send", async () => {
    await openIn({ kind: "memory" });
    await createCollection("continuous");
    await create();
    await expect.poll(locations).toEqual(["both"]);
    await database.close();
    // Another store, which has nothing.
    await openIn({ kind: "memory" });
    expect(await locations()).toEqual(["local"]);
    await wanted();
    expect(await locations()).toEqual(["both"]);
  });
});

describe("where the object store fails", () => {
  const failures = () => events.filter(({ kind }) => kind === "snapshot_upload_failed").length;

  it("the snapshot stays here, and is sent later", async () => {
    await openIn(s3());
    const collectionId = await createCollection("continuous");
    server.faults.add({
      operation: "PutObject",
      failing: { kind: "refuse", status: 403, code: "AccessDenied" },
      times: 1_000,
    });
    expect(await create()).toMatchObject({ state: "ready" });
    await expect.poll(failures).toBe(1);
    await expect(create(true)).rejects.toMatchObject({ code: "permission_denied" });
    expect((await list()).map(({ state, location }) => [state, location])).toEqual([
      ["ready", "local"],
      ["failed", "local"],
    ]);
    server.faults.clear();
    await withContext(async ({ deadLetters }) => {
      expect(deadLetters.list({}).items).toMatchObject([
        {
          operation: "upload_snapshot",
          collectionId,
          attempts: 1,
          lastError: expect.stringContaining("AccessDenied"),
        },
      ]);
      expect(await deadLetters.retry(collectionId)).toEqual({ retriedCount: 1, succeededCount: 1 });
      expect(deadLetters.size).toBe(0);
    });
    expect((await locations())[0]).toBe("both");
    expect(await create(true)).toMatchObject({ state: "ready", location: "both" });
  });

  it("what is here is listed and restored all the same, and nothing is deleted", async () => {
    await openIn(s3());
    const id = await createCollection("manual");
    const stored = await create(true);
    const here = await create();
    const failing = { kind: "refuse", status: 403, code: "AccessDenied" } as const;
    for (const operation of ["ListObjectsV2", "HeadObject", "DeleteObject"] as const) {
      server.faults.add({ operation, failing, times: 1_000 });
    }
    const { items, objectStoreProblem } = await listAll();
    expect(objectStoreProblem).toMatch(/refuse/);
    expect(items.map((info) => [info.id, info.location])).toEqual([
      [stored.id, "local"],
      [here.id, "local"],
    ]);
    await restore(here.id, "clone");
    const remove = { collection: "c", snapshot: here.id };
    await expect(database.execute(operations.deleteSnapshot, remove, call)).rejects.toMatchObject({
      code: "permission_denied",
    });
    expect(readdirSync(snapshotPath(id, here.id))).not.toEqual([]);
    server.faults.clear();
    expect(await listAll()).toMatchObject({ items: [{ location: "both" }, {}], objectStoreProblem: null });
  });

  it("it is tried again, for errors and bodies that are cut off", async () => {
    await openIn(s3());
    const collection = await createCollection("continuous");
    const busy = { kind: "refuse", status: 500, code: "InternalError" } as const;
    server.faults.add({ operation: "PutObject", failing: busy, times: 2, skip: 1 });
    server.faults.add({ operation: "PutObject", failing: { kind: "reset after" }, skip: 2 });
    const { id } = await create(true);
    await withContext(async ({ objects }) => {
      expect(await expectWholeIfListed(objects, collection)).toBe(1);
    });
    rmSync(snapshotPath(collection, id), { recursive: true });
    server.faults.add({ operation: "GetObject", failing: { kind: "cut", afterBytes: 100 }, skip: 1 });
    server.faults.add({ operation: "GetObject", failing: busy, times: 2, skip: 1 });
    expect(await restore(id, "clone")).toMatchObject({ documentCount: 60 });
  });

  it("a restore takes nothing that is not what was stored", async () => {
    await openIn({ kind: "memory" });
    const collection = await createCollection("continuous");
    const { id } = await create(true);
    const local = snapshotPath(collection, id);
    rmSync(local, { recursive: true });
    await withContext(async ({ objects }) => {
      const prefix = `collections/${collection}/snapshots/${id}/`;
      for (const key of await keysIn(objects, prefix)) {
        const { bytes } = await objectBytes(objects, key, { bytesMax: 1 << 24 });
        const changed = bytes.slice();
        changed[Math.floor(changed.length / 2)]! ^= 1;
        for (const harm of [() => objects.put(key, changed), () => objects.delete(key)]) {
          await harm();
          await expect(restore(id, "clone"), key).rejects.toMatchObject({
            code: expect.stringMatching(/failed_precondition|not_found/),
          });
          expect(readdirSync(join(local, ".."))).toEqual([]);
        }
        await objects.put(key, bytes);
      }
    });
    expect(await restore(id, "clone")).toMatchObject({ documentCount: 60 });
  });

  it("whenever it stops, a manifest has all its files, and the next attempt ends what was begun", async () => {
    await openIn({ kind: "local" });
    const collectionId = await createCollection("manual");
    const snapshot = await create();
    const id = snapshot.id as SnapshotId;
    const place = { collectionId, id, directory: snapshotPath(collectionId, id) };
    const store = openMemoryObjectStore({ clock: systemClock, random: systemRandom });
    const whole = new StoredSnapshots({ store, disk: nodeDisk });
    let uploadStops = 0;
    let deleteStops = 0;
    for (let stopAt = 1, isDone = false; !isDone; stopAt++) {
      const cut = new StoredSnapshots({ store: stoppingAt(store, stopAt), disk: nodeDisk });
      isDone = await cut.upload(place, noDeadline()).then(
        () => true,
        () => false,
      );
      const listed = await expectWholeIfListed(store, collectionId);
      if (!isDone) uploadStops += 1;
      expect(listed, `stopped at ${stopAt}`).toBe(isDone ? 1 : 0);
      await whole.upload(place, noDeadline());
      expect(await expectWholeIfListed(store, collectionId)).toBe(1);
      await whole.delete(collectionId, id);
      expect(await keysIn(store)).toEqual([]);
    }
    for (let stopAt = 1, isDone = false; !isDone; stopAt++) {
      await whole.upload(place, noDeadline());
      const cut = new StoredSnapshots({ store: stoppingAt(store, stopAt), disk: nodeDisk });
      isDone = await cut.delete(collectionId, id).then(
        () => true,
        () => false,
      );
      if (!isDone) deleteStops += 1;
      await expectWholeIfListed(store, collectionId);
      await whole.delete(collectionId, id);
      expect(await keysIn(store)).toEqual([]);
    }
    expect(uploadStops).toBeGreaterThan(3);
    expect(deleteStops).toBe(3);
  });
});

/** Carries out so many operations less one, and none after. */
function stoppingAt(store: ObjectStore, operation: number): ObjectStore {
  let count = 0;
  const step = () => {
    count += 1;
    if (count >= operation) throw unavailable("the store has stopped");
  };
  return {
    put: async (...input) => {
      step();
      return await store.put(...input);
    },
    get: async (...input) => {
      step();
      return await store.get(...input);
    },
    head: async (...input) => {
      step();
      return await store.head(...input);
    },
    list: async (...input) => {
      step();
      return await store.list(...input);
    },
    delete: async (...input) => {
      step();
      await store.delete(...input);
    },
    deleteMany: async (...input) => {
      step();
      return await store.deleteMany(...input);
    },
    listUnfinished: store.listUnfinished,
    removeUnfinished: store.removeUnfinished,
    close: async () => {},
  };
}
