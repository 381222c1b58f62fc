import { mkdtempSync, rmSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, noDeadline, type SyncPolicy } from "@akidb/base";
import { decodeSealedJson, encodeSealedJson, snapshotManifestFile } from "@akidb/engine";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import { type OpenDatabaseOptions, openDatabase } from "../openDatabase.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import type { SnapshotOptions } from "./snapshotOptions.ts";
import { SnapshotSchedule } from "./snapshotSchedule.ts";

const hourMs = 3_600_000;

let directory: string;
let nowMs: number;
let database: Database;
let schedule: SnapshotSchedule;
let events: LogEvent[];
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const log = (event: LogEvent): void => void events.push(event);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-schedule-"));
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

/** The schedule is driven by hand, so that a test knows when it has done all it would. */
async function openWith(
  snapshot: Partial<SnapshotOptions>,
  options: Partial<OpenDatabaseOptions> = {},
): Promise<void> {
  database = await openDatabase({ directory, command: "test", clock, log, ...options });
  await database.loaded();
  const all = { compression: "none", intervalMs: 0, afterBytes: 0, retainCount: 7, ...snapshot } as const;
  await withContext(async ({ collections, snapshots }) => {
    schedule = new SnapshotSchedule({ collections, snapshots, clock, log, snapshot: all });
  });
}

const createCollection = (name = "c", syncPolicy: SyncPolicy = "manual") =>
  database.execute(operations.createCollection, { name, dimension: 16, syncPolicy }, call);

let written = 0;
const write = (collection = "c", count = 1) =>
  database.execute(
    operations.upsertDocuments,
    {
      collection,
      documents: Array.from({ length: count }, () => ({
        externalId: `d${++written % 50}`,
        vector: new Float32Array(16).fill(written),
      })),
    },
    call,
  );

const snapshotsOf = async (collection = "c") =>
  (await database.execute(operations.listSnapshots, { collection }, call)).items;
const lsnsOf = async (collection = "c") => (await snapshotsOf(collection)).map(({ lsn }) => lsn);

async function runAfter(ms: number): Promise<void> {
  nowMs += ms;
  await schedule.runDue();
}

describe("by time", () => {
  it.each(["manual", "scheduled"] as const)(
    "keeps what has changed, once an interval (sync policy %s)",
    async (syncPolicy) => {
      await openWith({ intervalMs: hourMs });
      await createCollection("c", syncPolicy);
      await createCollection("untouched", syncPolicy);
      await write();
      await runAfter(hourMs - 1);
      expect(await lsnsOf()).toEqual([]);
      await runAfter(1);
      expect(await lsnsOf()).toEqual([1]);
      expect(await snapshotsOf()).toMatchObject([{ state: "ready", origin: "scheduled", documentCount: 1 }]);
      // An empty one, so that what the schedule promises holds for every collection.
      expect(await lsnsOf("untouched")).toEqual([0]);

      await runAfter(5 * hourMs);
      expect(await lsnsOf()).toEqual([1]);
      expect(await lsnsOf("untouched")).toEqual([0]);
      await write();
      await runAfter(10_000);
      expect(await lsnsOf()).toEqual([1, 2]);
      await write();
      await runAfter(hourMs - 1);
      expect(await lsnsOf()).toEqual([1, 2]);
      await runAfter(1);
      expect(await lsnsOf()).toEqual([1, 2, 3]);
    },
  );

  it("takes a snapshot that somebody asked for as one, if nothing was written since", async () => {
    await openWith({ intervalMs: hourMs });
    await createCollection();
    await write();
    const { id } = await database.execute(operations.createSnapshot, { collection: "c" }, call);
    await runAfter(hourMs);
    expect(await snapshotsOf()).toMatchObject([{ id, origin: "manual" }]);
    await database.execute(operations.deleteSnapshot, { collection: "c", snapshot: id }, call);
    await runAfter(hourMs);
    expect(await snapshotsOf()).toMatchObject([{ lsn: 1, origin: "scheduled" }]);
  });

  it("goes on after a restart where it was", async () => {
    await openWith({ intervalMs: hourMs });
    await createCollection();
    await write();
    await runAfter(hourMs);
    await write();
    nowMs += hourMs / 2;
    await database.close();
    await openWith({ intervalMs: hourMs });
    await runAfter(hourMs / 2 - 1);
    expect(await lsnsOf()).toEqual([1]);
    await runAfter(1);
    expect(await lsnsOf()).toEqual([1, 2]);
  });

  it("does not wait for a clock that was set back", async () => {
    await openWith({ intervalMs: hourMs });
    await createCollection();
    await write();
    await runAfter(24 * hourMs);
    await database.close();
    nowMs -= 12 * hourMs;
    await openWith({ intervalMs: hourMs });
    await write();
    await runAfter(0);
    expect((await lsnsOf()).sort()).toEqual([1, 2]);
    await runAfter(hourMs);
    expect((await lsnsOf()).sort()).toEqual([1, 2]);
  });

  it("knows that a restored collection with the same LSN is another", async () => {
    await openWith({ intervalMs: hourMs });
    await createCollection();
    await write();
    await runAfter(hourMs);
    const [first] = await snapshotsOf();
    await write();
    await runAfter(hourMs);
    expect(await lsnsOf()).toEqual([1, 2]);
    nowMs += 1_000;
    await database.execute(operations.restoreSnapshot, { collection: "c", snapshot: first!.id }, call);
    await write();
    await runAfter(hourMs);
    expect(await lsnsOf()).toEqual([1, 2, 2]);
    await runAfter(hourMs);
    expect(await lsnsOf()).toEqual([1, 2, 2]);
  });
});

it("keeps what is not open, and opens nothing where nobody has used it since", async () => {
  await openWith({ intervalMs: hourMs }, { openBound: { collectionsMax: 1 } });
  for (const name of ["a", "b", "c"]) {
    await createCollection(name);
    await write(name);
  }
  await runAfter(hourMs);
  for (const name of ["a", "b", "c"]) expect(await lsnsOf(name)).toEqual([1]);
  await write("b");
  await runAfter(hourMs);
  expect(await Promise.all(["a", "b", "c"].map(lsnsOf))).toEqual([[1], [1, 2], [1]]);
  await runAfter(hourMs);
  const uses = () =>
    withContext(async ({ collections }) =>
      collections.records().map((record) => collections.useOf(record)?.count),
    );
  const before = await uses();
  for (let each = 0; each < 5; each++) await runAfter(hourMs);
  expect(await uses()).toEqual(before);
  await write("a");
  await runAfter(10_000);
  expect(await Promise.all(["a", "b", "c"].map(lsnsOf))).toEqual([[1, 2], [1, 2], [1]]);
});

describe("by growth", () => {
  it("keeps a collection each time that its log has grown by so much", async () => {
    await openWith({ afterBytes: 20_000 });
    await createCollection();
    await write("c", 50);
    const { bytes, at } = await untilSnapshot();
    expect(bytes).toBeGreaterThanOrEqual(20_000);
    expect(await lsnsOf()).toEqual([at]);
    await runAfter(hourMs);
    expect(await lsnsOf()).toEqual([at]);
    await untilSnapshot();
    expect(await lsnsOf()).toHaveLength(2);
  });

  it("counts what checkpoints have let the log forget", async () => {
    await openWith({ afterBytes: 1_000_000 });
    await createCollection();
    await withContext(async ({ collections, databaseId }) => {
      using live = await collections.get(databaseId, "c", noDeadline());
      const { collection } = live;
      while (collection.snapshots.logGrowthSince(0) < 1_000_000) {
        await runAfter(1_000);
        expect(await lsnsOf()).toEqual([]);
        for (let each = 0; each < 3; each++) await write("c", 400);
        await collection.checkpoint();
      }
    });
    await runAfter(1_000);
    expect(await lsnsOf()).toHaveLength(1);
  });

  it("counts what was asked for, too", async () => {
    await openWith({ afterBytes: 20_000 });
    await createCollection();
    await write("c", 150);
    await database.execute(operations.createSnapshot, { collection: "c" }, call);
    await write("c", 10);
    await runAfter(1_000);
    expect(await snapshotsOf()).toMatchObject([{ origin: "manual" }]);
  });

  it("does not count from what is kept for a backup alone", async () => {
    await openWith({ afterBytes: 20_000 });
    await createCollection();
    await untilSnapshot();
    const before = await lsnsOf();
    await write("c", 10);
    await withContext(async ({ collections, snapshots, databaseId }) => {
      const live = await collections.get(databaseId, "c", noDeadline());
      await snapshots.whileKept(
        live,
        () => {},
        async () => {},
      );
    });
    await runAfter(1_000);
    expect(await lsnsOf()).toEqual(before);
  });

  async function untilSnapshot(): Promise<{ readonly bytes: number; readonly at: number }> {
    const before = (await lsnsOf()).length;
    return await withContext(async ({ collections, databaseId }) => {
      using live = await collections.get(databaseId, "c", noDeadline());
      const { collection } = live;
      for (;;) {
        const since = (await lsnsOf()).at(-1) ?? 0;
        const bytes = collection.snapshots.logGrowthSince(since);
        await runAfter(1_000);
        if ((await lsnsOf()).length > before) return { bytes, at: collection.lastLsn };
        expect(bytes).toBeLessThan(20_000);
        await write("c", 10);
      }
    });
  }
});

describe("of what it made", () => {
  it("keeps so many, and never removes what somebody asked for", async () => {
    await openWith({ intervalMs: hourMs, retainCount: 2 });
    await createCollection();
    await write();
    const { id: kept } = await database.execute(operations.createSnapshot, { collection: "c" }, call);
    for (let each = 0; each < 4; each++) {
      await write();
      await runAfter(hourMs);
    }
    const infos = await snapshotsOf();
    expect(infos.map(({ lsn, origin }) => [lsn, origin])).toEqual([
      [1, "manual"],
      [4, "scheduled"],
      [5, "scheduled"],
    ]);
    expect(infos[0]!.id).toBe(kept);
  });

  it("counts one from before there was a schedule as asked for", async () => {
    await openWith({ intervalMs: hourMs, retainCount: 1 });
    await createCollection();
    await write();
    const { id, collectionId } = await database.execute(operations.createSnapshot, { collection: "c" }, call);
    const path = join(directory, "collections", collectionId, "snapshots", id, snapshotManifestFile);
    const { origin, ...older } = decodeSealedJson(await readFile(path)) as Record<string, unknown>;
    expect(origin).toBe("manual");
    await writeFile(path, encodeSealedJson(older));
    for (let each = 0; each < 2; each++) {
      await write();
      await runAfter(hourMs);
    }
    expect(await snapshotsOf()).toMatchObject([{ id, origin: "manual" }, { lsn: 3 }]);
  });

  it("removes none where the new one fails, tries again ever later, and says so", async () => {
    await openWith({ intervalMs: hourMs, retainCount: 1 });
    const { id } = await createCollection();
    await write();
    await runAfter(hourMs);
    const [first] = await snapshotsOf();
    const snapshots = join(directory, "collections", id, "snapshots");
    // A file in place of the folder: nothing can be made, and nothing listed.
    await rename(snapshots, `${snapshots}.aside`);
    await writeFile(snapshots, "");
    await write();
    events = [];
    const failures = () => events.filter(({ kind }) => kind === "snapshot_failed").length;
    await runAfter(hourMs);
    expect(failures()).toBe(1);
    await runAfter(59_000);
    expect(failures()).toBe(1);
    await runAfter(1_000);
    expect(failures()).toBe(2);
    await runAfter(119_000);
    expect(failures()).toBe(2);
    await runAfter(1_000);
    expect(failures()).toBe(3);
    await rm(snapshots);
    await rename(`${snapshots}.aside`, snapshots);
    expect(await snapshotsOf()).toEqual([first]);
    await runAfter(240_000);
    expect(await lsnsOf()).toEqual([2]);
    expect(failures()).toBe(3);
  });
});

it("stands back while another snapshot of the collection is made", async () => {
  await openWith({ intervalMs: hourMs });
  await createCollection();
  await write("c", 500);
  nowMs += hourMs;
  await database.execute(operations.createSnapshot, { collection: "c", wait: false }, call);
  await schedule.runDue();
  expect(await snapshotsOf()).toMatchObject([{ origin: "manual", state: "creating" }]);
  await expect
    .poll(() => snapshotsOf(), { timeout: 20_000 })
    .toMatchObject([{ origin: "manual", state: "ready" }]);
  await schedule.runDue();
  expect(await snapshotsOf()).toHaveLength(1);
});

it("runs by itself in an open database", async () => {
  await openWith({}, { snapshot: { afterBytes: 1 } });
  await createCollection();
  await write();
  await expect.poll(() => lsnsOf(), { timeout: 10_000 }).toEqual([1]);
});
