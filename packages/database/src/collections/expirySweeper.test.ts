import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, noDeadline } from "@akidb/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { ExpirySweeper } from "./expirySweeper.ts";

let directory: string;
let nowMs: number;
let database: Database;
let sweeper: ExpirySweeper;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };

const withContext = <T>(run: (context: OperationContext) => Promise<T>): Promise<T> =>
  database.execute(
    defineOperation<undefined, T>({ name: "inspect", permission: "server::admin", resource: theServer, run }),
    undefined,
    call,
  );

/** The sweeper is driven by hand, so that a test knows what it has done. */
async function open(collectionsMax: number): Promise<void> {
  const openBound = { collectionsMax, memoryBytesMax: Number.POSITIVE_INFINITY };
  database = await openDatabase({ directory, command: "test", clock, openBound });
  await database.loaded();
  await withContext(async ({ collections }) => {
    sweeper = new ExpirySweeper(collections);
  });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-expiry-"));
  nowMs = Date.parse("2026-01-31T09:00:00.000Z");
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

async function write(collection: string, count: number, ttlSeconds?: number): Promise<void> {
  const document = { vector: new Float32Array(16).fill(1), ...(ttlSeconds !== undefined && { ttlSeconds }) };
  const documents = Array.from({ length: count }, () => document);
  await database.execute(operations.upsertDocuments, { collection, documents }, call);
}

/** Undefined where it is closed. */
const lastLsns = (names: readonly string[]) =>
  withContext(async ({ collections, databaseId }) =>
    names.map((name) => {
      using lease = collections.borrow(collections.find(databaseId, name));
      return lease?.collection.lastLsn;
    }),
  );

it("removes what has expired from collections that are open, and from others once they are", async () => {
  await open(2);
  const names = ["a", "b", "c"];
  for (const name of names) {
    await database.execute(operations.createCollection, { name, dimension: 16 }, call);
    await write(name, 3);
    await write(name, 1_500, 60);
  }
  await sweeper.sweep();
  const closedCount = async () => (await lastLsns(names)).filter((lsn) => lsn === undefined).length;
  await expect.poll(closedCount, { timeout: 10_000 }).toBe(1);
  expect((await lastLsns(names)).filter((lsn) => lsn === 2)).toHaveLength(2);
  nowMs += 60_000;
  await sweeper.sweep();
  // In two batches, or more: the database sweeps, too, once a second.
  const swept = await lastLsns(names);
  expect(swept.filter((lsn) => lsn !== undefined && lsn >= 4)).toHaveLength(2);
  await sweeper.sweep();
  expect(await lastLsns(names)).toEqual(swept);
  const closed = names[(await lastLsns(names)).indexOf(undefined)]!;
  await write(closed, 1);
  await sweeper.sweep();
  const [closedLsn] = await lastLsns([closed]);
  expect(closedLsn).toBeGreaterThanOrEqual(5);
  const { documentCount } = await database.execute(operations.getCollection, { collection: closed }, call);
  expect(documentCount).toBe(4);
  sweeper.stop();
  await sweeper.idle();
});
