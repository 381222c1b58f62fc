import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTimestamp, systemRandom, UuidV7Generator } from "@akidb/base";
import { autoInitialize, type Catalog, openCatalog, verifyAuditLog } from "@akidb/catalog";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Housekeeping } from "./housekeeping.ts";
import type { LogEvent } from "./logEvent.ts";

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);

let directory: string;
let catalog: Catalog;
let nowMs: number;
let log: LogEvent[];
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-housekeeping-"));
  nowMs = startMs;
  log = [];
  const ids = new UuidV7Generator(clock, systemRandom);
  catalog = await openCatalog({ path: join(directory, "catalog.db"), clock, ids });
});
afterEach(async () => {
  await catalog.close();
  rmSync(directory, { recursive: true });
});

const newHousekeeping = (auditRetentionDays: number) =>
  new Housekeeping({ catalog, clock, auditRetentionDays, log: (event) => log.push(event) });

/** One entry a day. */
async function writeEntries(days: number): Promise<void> {
  const { tenant } = await autoInitialize(catalog);
  for (let day = 0; day < days; day++) {
    nowMs = startMs + day * dayMs;
    await catalog.auditLog.append([
      {
        tenantId: tenant.id,
        userId: null,
        action: "collection::create",
        resourceType: "collection",
        resourceId: `c${day}`,
        result: "allowed",
        reason: null,
        metadata: {},
        ipAddress: null,
        userAgent: null,
      },
    ]);
  }
}

const kept = async () =>
  (await catalog.auditLog.list({ tenantId: "all", order: "oldest_first" })).items.map(
    ({ resourceId }) => resourceId,
  );

test("entries of the audit log go when their retention has ended, and the chain stays whole", async () => {
  await writeEntries(10);
  const housekeeping = newHousekeeping(5);
  await housekeeping.run();
  // Of the fifth day before now exactly there is nothing over.
  expect(await kept()).toEqual(["c4", "c5", "c6", "c7", "c8", "c9"]);
  expect(log).toEqual([{ kind: "housekeeping_done", auditEntries: 4, sessions: 0 }]);
  await housekeeping.run();
  expect(log).toHaveLength(1);
  nowMs += 3 * dayMs;
  await housekeeping.run();
  expect(await kept()).toEqual(["c7", "c8", "c9"]);
  const verification = verifyAuditLog({ path: join(directory, "catalog.db") });
  expect(verification).toMatchObject({ entryCount: 3, problemCount: 0, anchor: { sequence: 7 } });
});

test("they stay where the retention is 0", async () => {
  await writeEntries(3);
  nowMs += 10_000 * dayMs;
  await newHousekeeping(0).run();
  expect(await kept()).toHaveLength(3);
});

test("sessions go when they have expired", async () => {
  const { tenant } = await autoInitialize(catalog);
  const user = await catalog.users.create(tenant.id, {
    email: "ada@example.org",
    passwordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
    role: "viewer",
  });
  const expiresAt = formatTimestamp(nowMs + dayMs);
  const token = { tokenHash: new Uint8Array(32).fill(1), expiresAt };
  await catalog.sessions.create({ tenantId: tenant.id, userId: user.id, expiresAt, token });
  const housekeeping = newHousekeeping(90);
  await housekeeping.run();
  expect(log).toEqual([]);
  nowMs += dayMs;
  await housekeeping.run();
  expect(log).toEqual([{ kind: "housekeeping_done", auditEntries: 0, sessions: 1 }]);
});

test("what fails is logged, and tried again", async () => {
  const failing = { ...catalog.auditLog, deleteBefore: () => Promise.reject(new Error("busy")) };
  const housekeeping = new Housekeeping({
    catalog: { auditLog: failing, sessions: catalog.sessions },
    clock,
    auditRetentionDays: 1,
    log: (event) => log.push(event),
  });
  await housekeeping.run();
  expect(log).toEqual([{ kind: "housekeeping_failed", cause: expect.any(Error) }]);
});
