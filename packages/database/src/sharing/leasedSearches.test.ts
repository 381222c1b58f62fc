import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Clock, deadlineExceeded, noDeadline, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Caller, ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import { type OpenDatabaseOptions, openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";
import type { QueryOperationInput } from "../operations/query.ts";
import { type AnsweredSearch, LeasedSearches } from "./leasedSearches.ts";
import { SharedGeneration } from "./sharedGeneration.ts";

const dimension = 16;
const vectorOf = (seed: number) => Array.from({ length: dimension }, (_, at) => Math.sin(seed + at * at));
const documents = Array.from({ length: 60 }, (_, at) => ({
  externalId: `d${at}`,
  vector: vectorOf(at),
  metadata: { at },
}));
const nearest: QueryOperationInput = { collection: "books", vector: vectorOf(7), topK: 3 };
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const own = { requestId: "r", deadline: noDeadline(), caller: ownProcess };

let directory: string;
let database: Database;
let searches: LeasedSearches;
let answered: AnsweredSearch[];
let events: LogEvent[];
/** Stands still, but for what a test moves it on: the thread that writes need not be asked again. */
let monotonicMs: number;
const clock: Clock = { nowMs: () => systemClock.nowMs(), monotonicMs: () => monotonicMs };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-leased-"));
  answered = [];
  events = [];
  monotonicMs = 1_000;
});
afterEach(async () => {
  searches.close();
  await database.close();
  rmSync(directory, { recursive: true });
});

async function open(options: Partial<OpenDatabaseOptions> = {}): Promise<void> {
  database = await openDatabase({ directory, command: "test", hnsw: { threshold: 0 }, ...options });
  await database.execute(operations.createCollection, { name: "books", dimension }, own);
  await database.execute(operations.upsertDocuments, { collection: "books", documents }, own);
  searches = new LeasedSearches({
    clock,
    generation: new SharedGeneration(database.generation),
    guestNumber: 1,
    log: (event) => events.push(event),
    onAnswered: (search) => answered.push(search),
  });
}

/** Without credentials, as a request on loopback; the same principal each time. */
async function callOf(ipAddress = "127.0.0.1") {
  const principal = await database.authenticate({ kind: "none" });
  const caller: Caller = { principal, ipAddress, userAgent: null };
  return { ...own, caller };
}

type TestCall = Awaited<ReturnType<typeof callOf>>;

/** As a thread does it that serves, until what was written is where others can read it. */
async function lease(call: TestCall): Promise<void> {
  await expect
    .poll(async () => {
      monotonicMs += 1_000;
      expect(searches.wantsLease(nearest, call)).toBe(true);
      searches.keep(nearest, call, await database.leaseSearch(nearest, call));
      return await searches.answer(nearest, call);
    })
    .toBeDefined();
}

describe("a leased search", () => {
  test("answers what the thread that writes answers", async () => {
    await open();
    const call = await callOf();
    expect(await searches.answer(nearest, call)).toBeUndefined();
    await lease(call);
    const queries: QueryOperationInput[] = [
      nearest,
      { collection: "books", vector: Float32Array.from(vectorOf(3)) },
      { ...nearest, topK: 5, offset: 2, include: ["metadata", "vector", "text"], ef: 30 },
      { ...nearest, minScore: 0.9, exact: false, explain: false },
    ];
    for (const query of queries) {
      const { latencyMs: _, ...theirs } = await database.execute(operations.query, query, call);
      expect(await searches.answer(query, call)).toMatchObject(theirs);
    }
    expect(answered.at(-1)).toEqual({ plan: "graph", durationMs: 0, authorizedMs: 0 });
    // To make one takes longer than all else of a deadline.
    const get = () => expect.fail("nobody has to be told of the end of a search that takes one go");
    const deadline = Object.defineProperty(noDeadline(), "signal", { get });
    expect(await searches.answer(nearest, { ...call, deadline })).toBeDefined();
  });

  test("is left to that thread where it asks for more, is wrong, or by another caller", async () => {
    await open();
    const call = await callOf();
    await lease(call);
    const others: Partial<QueryOperationInput>[] = [
      { filter: { at: 7 } },
      { exact: true },
      { explain: true },
      { timeoutMs: 100 },
      { params: { rescore: false } },
      { filter: false as never },
      { id: false as never },
      { groupBy: { field: "at" } },
      { vector: [1, 2] },
      { vector: vectorOf(1).map(() => 0) },
      { topK: 0 },
      { topK: 20_000 },
      { collection: "notes" },
    ];
    for (const other of others) {
      expect(await searches.answer({ ...nearest, ...other }, call), JSON.stringify(other)).toBeUndefined();
    }
    expect(await searches.answer(nearest, await callOf("127.0.0.2"))).toBeUndefined();
    expect(await searches.answer(nearest, { ...call, database: "default" })).toBeUndefined();
    expect(await searches.answer(nearest, { ...call, caller: ownProcess })).toBeUndefined();
    expect(await searches.answer(nearest, call)).toBeDefined();
  });

  test("is left to that thread every quarter of a second, and asks for a lease then", async () => {
    await open();
    const call = await callOf();
    await lease(call);
    monotonicMs += 249;
    expect(searches.wantsLease(nearest, call)).toBe(false);
    expect(await searches.answer(nearest, call)).toBeDefined();
    monotonicMs += 1;
    expect(await searches.answer(nearest, call)).toBeUndefined();
    expect(searches.wantsLease(nearest, call)).toBe(true);
    expect(await searches.answer(nearest, call)).toBeDefined();
  });

  test("sees a write as soon as it is acknowledged, or is left to the thread that wrote it", async () => {
    await open();
    const call = await callOf();
    await lease(call);
    const written = { externalId: "new", vector: vectorOf(7), metadata: { isNew: true } };
    await database.execute(operations.upsertDocuments, { collection: "books", documents: [written] }, own);
    expect(await searches.answer(nearest, call)).toBeUndefined();
    // Once it is in the file, the same lease is good for it.
    await expect.poll(() => searches.answer(nearest, call)).toBeDefined();
    const found = await searches.answer(nearest, call);
    expect(
      found?.matches
        .map(({ externalId }) => externalId)
        .slice(0, 2)
        .toSorted(),
    ).toEqual(["d7", "new"]);
    await database.execute(operations.deleteDocument, { collection: "books", id: "new" }, own);
    expect((await searches.answer(nearest, call))?.matches[1]?.externalId).not.toBe("new");
  });

  test("ends with every change of who may do what, and of what there is", async () => {
    await open();
    const call = await callOf();
    const changes: (() => Promise<unknown>)[] = [
      () => database.execute(operations.createCollection, { name: "others", dimension }, own),
      () =>
        database.execute(
          operations.createPolicy,
          {
            name: "no-search",
            cedarText: 'forbid (principal, action == Action::"document::search", resource);',
          },
          own,
        ),
    ];
    for (const change of changes) {
      await lease(call);
      await change();
      expect(await searches.answer(nearest, call)).toBeUndefined();
    }
    expect(await database.leaseSearch(nearest, call)).toBeUndefined();
    await database.execute(operations.deleteCollection, { collection: "books" }, own);
    await expect(database.leaseSearch(nearest, call)).rejects.toMatchObject({ code: "not_found" });
  });

  test("keeps nothing in memory of a collection that is gone", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    await open();
    const call = await callOf();
    await lease(call);
    const memory = new WeakRef((await database.leaseSearch(nearest, call))!.share.segments[0]!.handle.memory);
    await database.execute(operations.deleteCollection, { collection: "books" }, own);
    vi.advanceTimersByTime(1_000);
    await expect
      .poll(() => {
        collectGarbage();
        return memory.deref();
      })
      .toBeUndefined();
    expect(await searches.answer(nearest, call)).toBeUndefined();
  });

  test("is given to nobody where each has to be written down, or decided about by the time", async () => {
    await open({ auditedDataPlane: "all" });
    const call = await callOf();
    expect(await database.leaseSearch(nearest, call)).toBeUndefined();
    await database.close();
    database = await openDatabase({ directory, command: "test", hnsw: { threshold: 0 } });
    await database.loaded();
    expect(await database.leaseSearch(nearest, call)).toBeDefined();
    const cedarText =
      'forbid (principal, action == Action::"document::search", resource) when { context.now < datetime("2020-01-01") };';
    await database.execute(operations.createPolicy, { name: "by-time", cedarText }, own);
    expect(await database.leaseSearch(nearest, call)).toBeUndefined();
  });

  test("is logged where it is slow, and heeds its deadline", async () => {
    await open({ slowQueryMs: 1e-9 });
    const call = await callOf();
    await lease(call);
    const slow = { ...clock, monotonicMs: () => (monotonicMs += 0.001) };
    searches.close();
    searches = new LeasedSearches({
      clock: slow,
      generation: new SharedGeneration(database.generation),
      guestNumber: 1,
      log: (event) => events.push(event),
      onAnswered: () => {},
    });
    await lease(call);
    expect(events).toMatchObject([
      { kind: "slow_query", requestId: "r", target: "vector", topK: 3, explanation: { plan: "graph" } },
    ]);
    const check = () => {
      throw deadlineExceeded("it is late");
    };
    // A search that takes one go is done before anybody looks at the time.
    const late = { ...call, deadline: { ...noDeadline(), check } };
    expect(await searches.answer(nearest, late)).toBeDefined();
  });
});
