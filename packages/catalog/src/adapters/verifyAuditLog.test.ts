import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, SeededRandom, systemClock, type TenantId, UuidV7Generator } from "@akidb/base";
import Sqlite from "better-sqlite3";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Catalog } from "../catalog.ts";
import { openCatalog } from "../openCatalog.ts";
import { registerRowChecksum } from "../sqlite/rowChecksum.ts";
import { verifyAuditLog } from "./verifyAuditLog.ts";

const directory = mkdtempSync(join(tmpdir(), "akidb-audit-"));
afterAll(() => rmSync(directory, { recursive: true }));

let count = 0;
let nowMs: number;
let path: string;
let catalog: Catalog;
let tenantId: TenantId;

const clock: Clock = { ...systemClock, nowMs: () => nowMs };
const open = () =>
  openCatalog({ path, clock, ids: new UuidV7Generator(systemClock, new SeededRandom(count)) });

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 31);
  path = join(directory, `${count++}.db`);
  catalog = await open();
  tenantId = (await catalog.tenants.create({ name: "Acme" })).id;
});
afterEach(() => catalog.close());

async function append(entries: number, userId = null as never): Promise<void> {
  const entry = {
    tenantId,
    userId,
    action: "collection::read",
    resourceType: "collection",
    result: "allowed",
    reason: null,
    metadata: { request_id: "r" },
    ipAddress: "::1",
    userAgent: null,
  } as const;
  await catalog.auditLog.append(
    Array.from({ length: entries }, (_, i) => ({ ...entry, resourceId: `c${i % 7}` })),
  );
  nowMs += 1_000;
}

const newUser = async () =>
  (await catalog.users.create(tenantId, { email: "a@b.c", role: "admin", passwordHash: "$argon2id$x" })).id;

/** As somebody does who writes to the file, past the triggers that guard it. */
function tamper(sql: string): void {
  const raw = new Sqlite(path);
  registerRowChecksum(raw);
  const guards = raw
    .prepare(
      "select name, sql from sqlite_schema where type = 'trigger' and name not like '%\\_checksum\\_%' escape '\\'",
    )
    .all() as { readonly name: string; readonly sql: string }[];
  for (const guard of guards) raw.exec(`drop trigger ${guard.name}`);
  raw.exec(sql);
  for (const guard of guards) raw.exec(guard.sql);
  raw.close();
}

const problems = () => verifyAuditLog({ path }).problems;

describe("a whole log", () => {
  test("is verified beside its writer, from the first entry to the last", async () => {
    expect(verifyAuditLog({ path })).toMatchObject({
      entryCount: 0,
      anchor: { sequence: 0 },
      problemCount: 0,
    });
    await append(1_000);
    await append(1);
    const head = await catalog.auditLog.head();
    expect(verifyAuditLog({ path })).toEqual({
      entryCount: 1_001,
      anchor: { sequence: 0, hash: expect.any(String) },
      head,
      problems: [],
      problemCount: 0,
    });
  });

  test("stays whole when a user goes, and when retention ends", async () => {
    const userId = await newUser();
    await append(3, userId as never);
    await catalog.users.delete(userId);
    await append(2, userId as never);
    await append(2);
    expect(problems()).toEqual([]);
    await catalog.auditLog.deleteBefore("2026-01-31T00:00:02.000Z");
    expect(verifyAuditLog({ path })).toMatchObject({
      entryCount: 2,
      anchor: { sequence: 5 },
      head: { sequence: 7 },
      problemCount: 0,
    });
    await catalog.auditLog.deleteBefore("2027-01-01T00:00:00.000Z");
    await append(1);
    expect(verifyAuditLog({ path })).toMatchObject({ entryCount: 1, anchor: { sequence: 7 }, problems: [] });
  });

  test("knows an entry that was noted, also as its anchor", async () => {
    await append(3);
    const knownPosition = await catalog.auditLog.head();
    await append(3);
    expect(verifyAuditLog({ path, knownPosition }).problems).toEqual([]);
    await catalog.auditLog.deleteBefore("2026-01-31T00:00:01.000Z");
    expect(verifyAuditLog({ path, knownPosition }).problems).toEqual([]);
  });
});

describe("a tampered log", () => {
  test("of which any one column has changed", async () => {
    const userId = await newUser();
    for (const [assignment, problem] of [
      ["action = 'collection::delete'", "has been changed"],
      ["tenant_id = randomblob(16)", "has been changed"],
      ["audit_log_id = randomblob(16)", "has been changed"],
      ["resource_type = 'user'", "has been changed"],
      ["resource_id = 'other'", "has been changed"],
      ["result = 'denied'", "has been changed"],
      ["reason = 'none'", "has been changed"],
      ["reason = null, user_agent = 'x'", "has been changed"],
      ['metadata = \'{"request_id": "r"}\'', "has been changed"],
      ["ip_address = null", "has been changed"],
      ["created_at = '2026-01-30T00:00:00.000Z'", "has been changed"],
      ["user_hash = randomblob(32)", "has been changed"],
      ["previous_hash = randomblob(32)", "has been changed"],
      ["entry_hash = randomblob(32)", "has been changed"],
      ["user_id = null", "no longer names its user, who exists"],
    ] as const) {
      const copy = join(directory, `${count++}.db`);
      await append(3, userId as never);
      new Sqlite(path).exec(`vacuum into '${copy}'`).close();
      const original = path;
      path = copy;
      tamper(`update audit_logs set ${assignment} where sequence = 2`);
      expect(problems()[0], assignment).toEqual({ sequence: 2, problem });
      path = original;
    }
  });

  test.each([
    ["delete from audit_logs where sequence = 3", [[3, "is missing"]]],
    ["delete from audit_logs where sequence in (2, 3)", [[2, "is missing, and all up to 3"]]],
    ["delete from audit_logs where sequence = 1", [[1, "is missing"]]],
    ["delete from audit_logs where sequence > 3", [[4, "is missing, and all up to 5"]]],
    ["delete from audit_logs", [[1, "is missing, and all up to 5"]]],
    ["update audit_chain set head_hash = randomblob(32)", [[5, "is not the entry that the chain ends with"]]],
    ["update audit_chain set head_sequence = 4", [[5, "is not the entry that the chain ends with"]]],
    ["update audit_chain set anchor_hash = randomblob(32)", [[1, "does not follow the entry before it"]]],
    [
      "update audit_chain set anchor_sequence = 2",
      [
        [1, "lies before the beginning of the chain"],
        [2, "does not follow the entry before it"],
      ],
    ],
    ["delete from audit_chain", [[0, "has lost the record of where its chain begins and ends"]]],
    [
      "update audit_logs set sequence = -2 where sequence = 2;" +
        "update audit_logs set sequence = 2 where sequence = 4;" +
        "update audit_logs set sequence = 4 where sequence = -2",
      [
        [2, "has been changed"],
        [4, "has been changed"],
      ],
    ],
  ] as const)("by %s", async (sql, expected) => {
    await append(5);
    tamper(`pragma ignore_check_constraints = on; ${sql}`);
    const found = problems().map(({ sequence, problem }) => [sequence, problem]);
    if (sql.startsWith("update audit_chain set anchor_sequence")) expect(found[0]).toEqual(expected[0]);
    else expect(found).toEqual(expect.arrayContaining(expected.map((problem) => [...problem])));
  });

  test("whose entries name another user", async () => {
    const userId = await newUser();
    const { id: otherId } = await catalog.users.create(tenantId, {
      email: "b@b.c",
      role: "admin",
      passwordHash: "$argon2id$x",
    });
    await append(1, userId as never);
    tamper(`update audit_logs set user_id = x'${otherId.replaceAll("-", "")}'`);
    expect(problems()).toEqual([{ sequence: 1, problem: "names another user" }]);
  });

  test("that was cut and written anew, against an entry that was noted", async () => {
    await append(4);
    const knownPosition = await catalog.auditLog.head();
    tamper(`delete from audit_logs where sequence > 2;
      update audit_chain set head_sequence = 2,
        head_hash = (select entry_hash from audit_logs where sequence = 2)`);
    expect(verifyAuditLog({ path, knownPosition }).problems).toEqual([
      { sequence: 4, problem: "was noted, and is missing" },
    ]);
    await catalog.close();
    catalog = await open();
    await append(3);
    expect(problems()).toEqual([]);
    expect(verifyAuditLog({ path, knownPosition }).problems).toEqual([
      { sequence: 4, problem: "is not the entry that was noted" },
    ]);
    tamper(`update audit_chain set anchor_sequence = 4,
      anchor_hash = (select entry_hash from audit_logs where sequence = 4);
      delete from audit_logs where sequence <= 4`);
    const older = { ...knownPosition, sequence: 3 };
    expect(verifyAuditLog({ path, knownPosition: older }).problems).toEqual([
      { sequence: 3, problem: "was noted, and its retention has ended: note a newer one" },
    ]);
  });

  test("names the first hundred problems, and counts all", async () => {
    await append(300);
    tamper("update audit_logs set result = 'denied'");
    const { problems: named, problemCount } = verifyAuditLog({ path });
    expect(named).toHaveLength(100);
    expect(problemCount).toBe(300);
  });
});

test("refuses a file that has no audit log", async () => {
  while ((await catalog.revertLast())?.name !== "access-control");
  expect(() => verifyAuditLog({ path })).toThrow(/has no audit log: migrate it first/);
  expect(() => verifyAuditLog({ path: join(directory, "none.db") })).toThrow(/cannot be opened/);
});
