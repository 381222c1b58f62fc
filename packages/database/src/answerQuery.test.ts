import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Deadline, deadlineExceeded, noDeadline } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "./access/caller.ts";
import type { Database } from "./database.ts";
import type { LogEvent } from "./logEvent.ts";
import { openDatabase } from "./openDatabase.ts";
import { operations } from "./operations/operations.ts";

let directory: string;
let database: Database | undefined;
let events: LogEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-answer-"));
  events = [];
});
afterEach(async () => {
  await database?.close();
  rmSync(directory, { recursive: true });
});

const call = (deadline: Deadline = noDeadline()) => ({
  requestId: "request-7",
  deadline,
  caller: ownProcess,
});
const secret = "a secret sentence";

async function openWithNotes(slowQueryMs: number): Promise<Database> {
  database = await openDatabase({
    directory,
    command: "test",
    slowQueryMs,
    log: (event) => events.push(event),
  });
  await database.execute(operations.createCollection, { name: "notes" }, call());
  const documents = [{ externalId: "a", text: secret, metadata: { kind: "confidential" } }];
  await database.execute(
    operations.upsertDocuments,
    { collection: "notes", documents, atomic: false },
    call(),
  );
  return database;
}

/** Passes so many checks. */
function deadlineOfChecks(count: number): Deadline {
  let left = count;
  const check = (): void => {
    if (left-- <= 0) throw deadlineExceeded("its checks are used up");
  };
  return { ...noDeadline(), check };
}

const slowQueries = () => events.filter(({ kind }) => kind === "slow_query");

describe("the log of slow queries", () => {
  it("has the plan, and nothing of what was asked for or found", async () => {
    const opened = await openWithNotes(1e-9);
    const filter = { kind: "confidential" };
    await opened.execute(operations.query, { collection: "notes", text: secret, filter, topK: 3 }, call());
    const missing = { collection: "notes", id: "no one knows" };
    await expect(opened.execute(operations.query, missing, call())).rejects.toMatchObject({
      code: "not_found",
    });
    expect(slowQueries()).toMatchObject([
      {
        requestId: "request-7",
        target: "text",
        topK: 3,
        code: undefined,
        explanation: { plan: "exact", matches: 1, filter: { check: "index", conditions: [] } },
      },
      { target: "id", topK: 10, code: "not_found", explanation: undefined },
    ]);
    const logged = JSON.stringify(slowQueries());
    for (const word of ["secret", "confidential", "no one"]) expect(logged).not.toContain(word);
  });

  it("is empty where it is turned off, or nothing is slow", async () => {
    for (const slowQueryMs of [0, 3_600_000]) {
      const opened = await openWithNotes(slowQueryMs);
      await opened.execute(operations.query, { collection: "notes", text: secret }, call());
      await opened.execute(operations.deleteCollection, { collection: "notes" }, call());
      await opened.close();
    }
    expect(slowQueries()).toEqual([]);
  });
});

describe("a batch of queries", () => {
  it("has one deadline: queries behind it say so, those before are answered", async () => {
    const opened = await openWithNotes(0);
    const queries = Array.from({ length: 6 }, () => ({ id: "a", topK: 1 }));
    // One check is that of the call itself.
    const items = await opened.execute(
      operations.queryBatch,
      { collection: "notes", queries },
      call(deadlineOfChecks(4)),
    );
    expect(items.map((item) => (item.ok ? "ok" : item.code))).toEqual([
      ...["ok", "ok", "ok"],
      ...["deadline_exceeded", "deadline_exceeded", "deadline_exceeded"],
    ]);
  });

  it("takes what could not be read, and what is no query, for that query's mistake", async () => {
    const opened = await openWithNotes(0);
    const queries = [null, 5, "text", [], new Error("odd"), { text: "sentence" }] as never;
    const items = await opened.execute(operations.queryBatch, { collection: "notes", queries }, call());
    expect(items.map((item) => (item.ok ? "ok" : item.code))).toEqual([
      ...["invalid_argument", "invalid_argument", "invalid_argument", "invalid_argument"],
      ...["internal", "ok"],
    ]);
  });
});
