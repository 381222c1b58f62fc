import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, noDeadline } from "@akidb/base";
import { startS3Server } from "@akidb/objects/s3-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import type { ObjectStoreOptions } from "../objectStore/objectStoreOptions.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { LogRetention } from "./logRetention.ts";

const hourMs = 3_600_000;
const retentionSeconds = 24 * 3_600;

let directory: string;
let nowMs: number;
let database: Database;
let retention: LogRetention;
let events: LogEvent[];
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-log-retention-"));
  nowMs = Date.parse("2026-01-31T09:00:00.000Z");
  events = [];
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
const withContext = <T>(run: (context: OperationContext) => Promise<T>): Promise<T> =>
  database.execute(
    defineOperation<undefined, T>({ name: "inspect", permission: "server::admin", resource: theServer, run }),
    undefined,
    call,
  );

/** The removal is driven by hand, so that a test knows when it has done all it would. */
async function openWith(objectStore: ObjectStoreOptions = {}): Promise<void> {
  const log = (event: LogEvent): void => void events.push(event);
  const wal = { retentionMs: 0, segmentBytesMax: 1 << 20 };
  database = await openDatabase({ directory, command: "test", clock, log, objectStore, wal });
  await database.loaded();
  await withContext(async ({ collections, snapshots, archives }) => {
    retention = new LogRetention({ collections, snapshots, archives, clock, log });
  });
}

const createCollection = () =>
  database.execute(
    operations.createCollection,
    { name: "c", dimension: 16, tieringPolicy: "memory_s3", walRetentionSeconds: retentionSeconds },
    call,
  );

/** Each write is a file of the archive of its own. */
async function write(generation: number): Promise<void> {
  nowMs += 1_000;
  const vector = new Float32Array(16).fill(generation);
  const documents = [{ externalId: "d", vector, metadata: { generation } }];
  await database.execute(operations.upsertDocuments, { collection: "c", documents }, call);
  await withContext(({ collections }) => collections.archiveLogs());
}

async function generationOf(collection: string): Promise<unknown> {
  const input = { collection, id: "d", include: ["metadata"] } as const;
  return (await database.execute(operations.getDocument, input, call)).metadata?.["generation"];
}

const snapshot = (upload: "first" | "never" = "first") =>
  withContext(async ({ collections, snapshots, databaseId }) => {
    nowMs += 1_000;
    const live = await collections.get(databaseId, "c", noDeadline());
    return await (await snapshots.create(live, { upload })).finished;
  });
const restore = async (id: string, options: { readonly untilLsn?: number; readonly into?: string } = {}) => {
  nowMs += 1_000;
  await database.execute(operations.restoreSnapshot, { collection: "c", snapshot: id, ...options }, call);
};
const remove = (id: string) =>
  database.execute(operations.deleteSnapshot, { collection: "c", snapshot: id }, call);

/** First LSNs of what is archived. */
const archived = () =>
  withContext(async ({ collections, archives, databaseId }) => {
    const segments = await archives.of(collections.find(databaseId, "c")).segments();
    return segments.map(({ firstLsn }) => firstLsn);
  });

async function runAfter(ms: number): Promise<readonly number[]> {
  nowMs += ms;
  await retention.runDue();
  return await archived();
}
const whenOld = () => runAfter(retentionSeconds * 1_000 + hourMs);

describe("the archive of a log", () => {
  it("keeps everything while there is no snapshot in the object store", async () => {
    await openWith();
    await createCollection();
    for (let n = 1; n <= 3; n++) await write(n);
    expect(await whenOld()).toEqual([1, 2, 3]);
    await snapshot("never");
    expect(await whenOld()).toEqual([1, 2, 3]);
    await snapshot();
    expect(await whenOld()).toEqual([]);
  });

  it("loses what is old and lies before every snapshot, and every point behind one can be restored", async () => {
    await openWith();
    await createCollection();
    for (let n = 1; n <= 2; n++) await write(n);
    const first = await snapshot();
    for (let n = 3; n <= 4; n++) await write(n);
    const second = await snapshot();
    for (let n = 5; n <= 6; n++) await write(n);
    expect(await runAfter(retentionSeconds * 1_000 - hourMs)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await whenOld()).toEqual([3, 4, 5, 6]);
    for (const [base, from] of [
      [first, 2],
      [second, 4],
    ] as const) {
      for (let lsn = from; lsn <= 6; lsn++) {
        const into = `at-${from}-${lsn}`;
        await restore(base.id, { untilLsn: lsn, into });
        expect(await generationOf(into)).toBe(lsn);
      }
    }
    await remove(first.id);
    expect(await runAfter(hourMs - 60_000)).toEqual([3, 4, 5, 6]);
    expect(await runAfter(60_000)).toEqual([5, 6]);
    await restore(second.id, { untilLsn: 6, into: "late" });
    expect(await generationOf("late")).toBe(6);
  });

  it("does not count a snapshot whose history was left, nor go on with that history", async () => {
    await openWith();
    await createCollection();
    for (let n = 1; n <= 2; n++) await write(n);
    const early = await snapshot();
    for (let n = 3; n <= 6; n++) await write(n);
    const late = await snapshot();
    await restore(early.id);
    await write(13);
    await remove(early.id);
    // Of this history there is no snapshot: its log from LSN 1 is all that the object store has.
    expect(await whenOld()).toEqual([1, 2, 3, 3, 4, 5, 6]);
    const again = await snapshot();
    expect(again.lsn).toBe(3);
    expect(await whenOld()).toEqual([]);
    await write(14);
    await restore(again.id, { untilLsn: 4, into: "goes-on" });
    expect(await generationOf("goes-on")).toBe(14);
    await expect(restore(again.id, { untilLsn: 6, into: "x" })).rejects.toThrow("must not be above 4");
    await restore(late.id, { into: "left" });
    expect(await generationOf("left")).toBe(6);
  });

  it("stays as it is where the object store fails, which is logged, and is tried again", async () => {
    await using server = await startS3Server();
    await openWith({
      kind: "s3",
      bucket: server.bucketName,
      endpoint: server.endpoint,
      forcePathStyle: true,
      ...server.credentials,
    });
    await createCollection();
    for (let n = 1; n <= 3; n++) await write(n);
    const { id } = await snapshot();
    await write(4);
    const failing = { kind: "refuse", status: 403, code: "AccessDenied" } as const;
    for (const operation of ["ListObjectsV2", "PutObject", "DeleteObjects"] as const) {
      server.faults.add({ operation, failing, times: 1 });
      const left = await runAfter(retentionSeconds * 1_000 + hourMs);
      // What was written last is old by then, too, and behind the snapshot.
      expect(left).toEqual(operation === "DeleteObjects" ? [4] : [1, 2, 3, 4]);
      expect(events.filter(({ kind }) => kind === "archive_cleanup_failed").length).toBeGreaterThan(0);
      events = [];
    }
    await write(5);
    await restore(id, { untilLsn: 5, into: "x" });
    expect(await generationOf("x")).toBe(5);
    await database.close();
  });
});
