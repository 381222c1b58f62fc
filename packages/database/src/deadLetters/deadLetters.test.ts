import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AkiDbError,
  type CollectionId,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
  unavailable,
} from "@akidb/base";
import { ObjectStoreAwayError } from "@akidb/objects";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogEvent } from "../logEvent.ts";
import type { DeadLetters, DeadLetterWork } from "./deadLetters.ts";
import { openDeadLetters } from "./openDeadLetters.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
const books = ids.next<"collection">() as CollectionId;
const films = ids.next<"collection">() as CollectionId;
const times = { firstRestMs: 1_000, restMsMax: 10_000 };
const broken = new AkiDbError("permission_denied", "not yours");

let directory: string;
let nowMs: number;
let added: number;
let events: LogEvent[];
let queue: DeadLetters;
let circuit: { state: "closed" | "open"; reason: string | undefined };

function open(): void {
  queue = openDeadLetters({
    directory,
    circuit,
    times,
    lettersMax: 20,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    ids,
    random: new SeededRandom(3),
    meter: {
      deadLetterAdded: () => {
        added += 1;
      },
    },
    log: (event) => events.push(event),
  });
}
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-dead-letters-"));
  nowMs = 1_000_000;
  added = 0;
  events = [];
  circuit = { state: "closed", reason: undefined };
  open();
});
afterEach(async () => {
  await queue.close();
  rmSync(directory, { recursive: true });
});

const workOf = (key: string, collectionId = books): DeadLetterWork => ({
  operation: "archive_log",
  collectionId,
  collection: collectionId === books ? "books" : "films",
  key,
});
const fail = (key: string, error: Error = broken, collectionId = books) =>
  expect(queue.attempt(workOf(key, collectionId), () => Promise.reject(error))).rejects.toBe(error);
const letters = () => queue.list({}).items;
const restart = async () => {
  queue.stop();
  await queue.close();
  open();
};

describe("work that fails", () => {
  it("is in the queue once, however often it fails, and rests longer and longer", async () => {
    const rests: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      await fail("1.wal");
      const [letter] = letters();
      expect(letter).toMatchObject({ attempts: attempt, collection: "books", lastError: "not yours" });
      rests.push(letter!.nextAttemptAtMs - nowMs);
      nowMs = letter!.nextAttemptAtMs;
    }
    for (const [index, fullMs] of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000].entries()) {
      expect(rests[index]).toBeGreaterThanOrEqual(fullMs / 2);
      expect(rests[index]).toBeLessThanOrEqual(fullMs);
    }
    expect({ size: queue.size, added }).toEqual({ size: 1, added: 1 });
  });

  it("is not tried before its next attempt, and leaves the queue when it succeeds", async () => {
    await fail("1.wal");
    await expect(queue.attempt(workOf("1.wal"), () => Promise.resolve())).rejects.toMatchObject({
      code: "unavailable",
      retryAfterMs: letters()[0]!.nextAttemptAtMs - nowMs,
    });
    nowMs += 1_000;
    expect(await queue.attempt(workOf("1.wal"), async () => 7)).toBe(7);
    expect(queue.size).toBe(0);
  });

  it("outlives a restart, which tries it at once", async () => {
    await fail("1.wal");
    await fail("2.wal", new ObjectStoreAwayError(5_000, broken));
    await fail("3.wal");
    queue.settle(workOf("3.wal"));
    const before = letters();
    nowMs += 10;
    await restart();
    expect(letters()).toEqual(before.map((letter) => ({ ...letter, nextAttemptAtMs: nowMs })));
    const tried: string[] = [];
    queue.replayBy("archive_log", async ({ key }) => void tried.push(key));
    await queue.runDue();
    expect(tried.sort()).toEqual(["1.wal", "2.wal"]);
    await restart();
    expect(queue.size).toBe(0);
  });

  it("was not tried while the store is away: that is no attempt, and it is due as soon as it is back", async () => {
    circuit = { state: "open", reason: "no connection" };
    await restart();
    const away = new ObjectStoreAwayError(5_000, broken);
    for (let count = 0; count < 3; count++) await fail("1.wal", away);
    expect(letters()).toMatchObject([{ attempts: 0, nextAttemptAtMs: nowMs }]);
    let tried = 0;
    queue.replayBy("archive_log", async () => {
      tried += 1;
    });
    await queue.runDue();
    expect(tried).toBe(0);
    await expect(queue.retry(books)).rejects.toMatchObject({ code: "unavailable" });
    circuit.state = "closed";
    queue.storeIsBack();
    await expect.poll(() => tried).toBe(1);
    await expect.poll(() => queue.size).toBe(0);
  });

  it("because everything is being closed is not noted", async () => {
    queue.stop();
    await fail("1.wal", unavailable("the database is closing"));
    expect(queue.size).toBe(0);
  });
});

describe("a replay", () => {
  it("that fails counts as an attempt, once, whoever notes it", async () => {
    await fail("1.wal");
    await fail("2.wal");
    queue.replayBy("archive_log", async ({ key }) => {
      if (key === "1.wal") throw broken;
      await queue.attempt(workOf("2.wal"), () => Promise.reject(broken));
    });
    nowMs += 1_000;
    await queue.runDue();
    expect(letters().map(({ attempts }) => attempts)).toEqual([2, 2]);
    await queue.runDue();
    expect(letters().map(({ attempts }) => attempts)).toEqual([2, 2]);
  });

  it("does no work twice that another one did together with its own", async () => {
    for (const key of ["1.wal", "2.wal", "3.wal"]) await fail(key);
    let tried = 0;
    queue.replayBy("archive_log", async () => {
      tried += 1;
      queue.settleAll(books, "archive_log");
    });
    nowMs += 1_000;
    await queue.runDue();
    expect({ tried, size: queue.size }).toEqual({ tried: 1, size: 0 });
  });

  it("ends where the store goes away meanwhile", async () => {
    for (const key of ["1.wal", "2.wal", "3.wal"]) await fail(key);
    let tried = 0;
    queue.replayBy("archive_log", async () => {
      tried += 1;
      circuit.state = "open";
      throw new ObjectStoreAwayError(5_000, broken);
    });
    nowMs += 1_000;
    await queue.runDue();
    expect({ tried, size: queue.size }).toEqual({ tried: 1, size: 3 });
  });

  it("of one collection does not wait for the time, and tells what came of it", async () => {
    await fail("1.wal");
    await fail("2.wal");
    await fail("1.wal", broken, films);
    queue.replayBy("archive_log", async ({ key }) => {
      if (key === "2.wal") throw broken;
    });
    expect(await queue.retry(books)).toEqual({ retriedCount: 2, succeededCount: 1 });
    expect(letters().map(({ collection, key }) => [collection, key])).toEqual([
      ["books", "2.wal"],
      ["films", "1.wal"],
    ]);
    await expect(queue.retry(ids.next())).rejects.toMatchObject({ code: "not_found" });
  });
});

it("is listed page by page, in the order of noting", async () => {
  for (let count = 0; count < 5; count++) await fail(`${count}.wal`);
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = queue.list({ limit: 2, ...(cursor !== undefined && { cursor }) });
    keys.push(...page.items.map(({ key }) => key));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(keys).toEqual(["0.wal", "1.wal", "2.wal", "3.wal", "4.wal"]);
  expect(() => queue.list({ limit: 0 })).toThrow(/limit/);
  expect(() => queue.list({ cursor: "?" })).toThrow(/cursor/);
});

it("takes so many letters and no more, and knows whose it has not", async () => {
  for (let count = 0; count < 20; count++) {
    await queue.attempt(workOf(`${count}.wal`), () => Promise.reject(broken)).catch(() => {});
  }
  await fail("one too many", broken, films);
  expect(queue.size).toBe(20);
  expect([queue.holdsAllOf(books), queue.holdsAllOf(films)]).toEqual([true, false]);
  expect(events.map(({ kind }) => kind)).toEqual(["dead_letters_full"]);
  queue.settleAll(films, "archive_log");
  expect(queue.holdsAllOf(films)).toBe(true);
});
