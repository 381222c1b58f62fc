import { type JsonObject, parseId, type TenantId, type UserId } from "@akidb/base";
import { describe, expect, test } from "vitest";
import type { CatalogUnderTest } from "./accessControl.contract.ts";
import { auditCsvHeader, auditEntries, toAuditCsvLine, toAuditJsonLine } from "./auditExport.ts";
import type { AuditQuery, NewAuditEntry } from "./auditLog.ts";
import { all, expectRefusal } from "./catalogChecks.contract.ts";

const now = "2026-01-31T09:30:00.000Z";
const acme = parseId("0199d6a0-0000-7000-8000-000000000001") as TenantId;
const other = parseId("0199d6a0-0000-7000-8000-000000000002") as TenantId;
const gone = parseId("0199d6a0-0000-7000-8000-000000000003") as UserId;

const entryOf = (input: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  tenantId: acme,
  userId: null,
  action: "collection::create",
  resourceType: "collection",
  resourceId: "docs",
  result: "allowed",
  reason: null,
  metadata: {},
  ipAddress: null,
  userAgent: null,
  ...input,
});

/** The audit log, as every implementation of the catalog keeps it. */
export function checkAuditLog(current: () => CatalogUnderTest): void {
  describe("the audit log", () => {
    const append = (...inputs: readonly Partial<NewAuditEntry>[]) =>
      current().catalog.auditLog.append(inputs.map(entryOf));
    const sequences = async (query: Omit<AuditQuery, "tenantId"> & Partial<AuditQuery> = {}) => {
      const { auditLog } = current().catalog;
      const list = { tenantId: "all", ...query } as const;
      const entries = await all((page) => auditLog.list({ ...list, ...page, limit: 2 }));
      return entries.map(({ sequence }) => sequence);
    };

    test("keeps what it is given, each entry chained to the one before", async () => {
      const { auditLog } = current().catalog;
      const start = await auditLog.head();
      expect(start).toEqual({ sequence: 0, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const given = {
        result: "denied",
        reason: "role viewer",
        metadata: { request_id: "r1", route: "POST /x" },
        ipAddress: "::1",
        userAgent: "curl/8",
      } as const;
      const [first, second] = await append(given, {});
      expect(first).toEqual({
        ...entryOf(given),
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        sequence: 1,
        userHash: null,
        previousHash: start.hash,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        createdAt: now,
      });
      expect(second).toMatchObject({ sequence: 2, previousHash: first!.hash });
      expect(await auditLog.head()).toEqual({ sequence: 2, hash: second!.hash });
      expect(await auditLog.list({ tenantId: acme })).toEqual({ items: [second, first] });
      expect(await append()).toEqual([]);
    });

    test("begins in another way on every server", async () => {
      const { auditLog } = current().catalog;
      expect((await auditLog.head()).hash).not.toBe("0".repeat(64));
      expect(new Set((await auditLog.head()).hash).size).toBeGreaterThan(4);
    });

    test("appends all or nothing", async () => {
      const { auditLog } = current().catalog;
      await append({});
      const cycle: Record<string, JsonObject> = {};
      cycle["self"] = cycle;
      const failed = append({}, { metadata: cycle });
      await expectRefusal(failed, "invalid_argument", [`metadata${".self".repeat(64)}`]);
      expect(await sequences()).toEqual([1]);
      await append({});
      expect((await auditLog.head()).sequence).toBe(2);
    });

    test("chains what comes at the same time", async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => append({ resourceId: `c${i}` })));
      const { items } = await current().catalog.auditLog.list({ tenantId: "all", order: "oldest_first" });
      expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, at) => at + 1));
      for (const [at, { previousHash }] of items.entries()) {
        if (at > 0) expect(previousHash).toBe(items[at - 1]!.hash);
      }
    });

    test("cuts what is too long, so that nothing keeps an entry out", async () => {
      const long = "x".repeat(100_000);
      const [entry] = await append({
        userAgent: long,
        reason: `a\0b\ud83c`,
        resourceId: "",
        ipAddress: long,
      });
      expect(entry).toMatchObject({
        userAgent: "x".repeat(1_024),
        reason: "a\u{fffd}b\u{fffd}",
        resourceId: "-",
        ipAddress: "x".repeat(64),
      });
    });

    test("never goes back in time, though the clock does", async () => {
      const { advance } = current();
      await append({});
      advance(-60_000);
      expect(await append({})).toMatchObject([{ createdAt: now }]);
      advance(60_001);
      expect(await append({})).toMatchObject([{ createdAt: "2026-01-31T09:30:00.001Z" }]);
    });

    test("finds by tenant, user, action, result and time, in both orders", async () => {
      const { catalog, advance } = current();
      const { id: tenantId } = await catalog.tenants.create({ name: "Acme" });
      const hash = "$argon2id$x";
      const user = await catalog.users.create(tenantId, {
        email: "a@b.c",
        role: "viewer",
        passwordHash: hash,
      });
      for (const input of [
        {},
        { tenantId: other },
        { result: "denied" },
        { action: "user::create", userId: user.id },
        { tenantId: other, result: "denied", userId: user.id },
      ] as const) {
        await append(input);
        advance(1_000);
      }
      expect(await sequences()).toEqual([5, 4, 3, 2, 1]);
      expect(await sequences({ order: "oldest_first" })).toEqual([1, 2, 3, 4, 5]);
      expect(await sequences({ tenantId: acme })).toEqual([4, 3, 1]);
      expect(await sequences({ tenantId: other, order: "oldest_first" })).toEqual([2, 5]);
      expect(await sequences({ result: "denied" })).toEqual([5, 3]);
      expect(await sequences({ tenantId: acme, result: "denied" })).toEqual([3]);
      expect(await sequences({ userId: user.id })).toEqual([5, 4]);
      expect(await sequences({ action: "user::create" })).toEqual([4]);
      const [since, until] = ["2026-01-31T09:30:01.000Z", "2026-01-31T09:30:03.000Z"];
      expect(await sequences({ since, until })).toEqual([3, 2]);
    });

    test("goes on with a page after what was added and removed meanwhile", async () => {
      const { catalog, advance } = current();
      for (let i = 0; i < 4; i++) {
        await append({});
        advance(1_000);
      }
      const { auditLog } = catalog;
      const { nextCursor: cursor } = await auditLog.list({ tenantId: acme, limit: 2 });
      await append({});
      await auditLog.deleteBefore("2026-01-31T09:30:01.000Z");
      const next = await auditLog.list({ tenantId: acme, limit: 2, cursor: cursor! });
      expect(next.items.map(({ sequence }) => sequence)).toEqual([2]);
      expect(next).not.toHaveProperty("nextCursor");
    });

    test("refuses a bad query", async () => {
      const { auditLog } = current().catalog;
      for (const [field, query] of [
        ["limit", { limit: 0 }],
        ["cursor", { cursor: "x" }],
        ["cursor", { cursor: Buffer.alloc(16, 255).toString("base64url") }],
        ["result", { result: "maybe" as never }],
        ["since", { since: "yesterday" }],
        ["until", { until: "2026-01-31" }],
        ["order", { order: "random" as never }],
      ] as const) {
        await expectRefusal(auditLog.list({ tenantId: "all", ...query }), "invalid_argument", [field]);
      }
      await expectRefusal(auditLog.deleteBefore("2026"), "invalid_argument", ["time"]);
    });

    test("keeps what a deleted user did, and names it no longer", async () => {
      const { catalog } = current();
      const { id: tenantId } = await catalog.tenants.create({ name: "Acme" });
      const { id: userId } = await catalog.users.create(tenantId, {
        email: "a@b.c",
        role: "admin",
        passwordHash: "$argon2id$x",
      });
      const [before] = await append({ tenantId, userId });
      expect(before).toMatchObject({ userId, userHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      await catalog.users.delete(userId);
      expect(await catalog.auditLog.list({ tenantId })).toEqual({ items: [{ ...before, userId: null }] });
      const [late] = await append({ tenantId, userId });
      expect(late).toMatchObject({ userId: null, userHash: before!.userHash });
      expect(await append({ userId: gone })).toMatchObject([{ userId: null, userHash: expect.any(String) }]);
    });

    test("outlives its tenant", async () => {
      const { catalog } = current();
      const { id: tenantId } = await catalog.tenants.create({ name: "Acme" });
      await append({ tenantId });
      await catalog.tenants.delete(tenantId);
      expect(await sequences({ tenantId })).toEqual([1]);
    });

    test("ends the retention of the oldest, and goes on from there", async () => {
      const { catalog, advance } = current();
      const { auditLog } = catalog;
      for (let i = 0; i < 3; i++) {
        await append(...Array.from({ length: 700 }, () => ({})));
        advance(86_400_000);
      }
      const head = await auditLog.head();
      expect(await auditLog.deleteBefore("2026-01-31T09:30:00.000Z")).toBe(0);
      expect(await auditLog.deleteBefore("2026-02-02T09:30:00.000Z")).toBe(1_400);
      expect(await auditLog.deleteBefore("2026-02-02T09:30:00.000Z")).toBe(0);
      const { items } = await auditLog.list({ tenantId: "all", order: "oldest_first", limit: 1 });
      expect(items).toMatchObject([{ sequence: 1_401 }]);
      expect(await auditLog.deleteBefore("2027-01-01T00:00:00.000Z")).toBe(700);
      expect(await auditLog.list({ tenantId: "all" })).toEqual({ items: [] });
      expect(await auditLog.head()).toEqual(head);
      expect(await append({})).toMatchObject([{ sequence: 2_101, previousHash: head.hash }]);
    });

    test("is exported as JSONL and CSV, the oldest first", async () => {
      const { auditLog } = current().catalog;
      await append(
        { userAgent: '=cmd|" /C calc"!A0', metadata: { route: "GET /" } },
        { reason: 'says "no",\r\nand why', result: "denied" },
        { tenantId: other },
      );
      const entries = [];
      for await (const entry of auditEntries(auditLog, { tenantId: acme })) entries.push(entry);
      expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2]);
      const [first, second] = entries;
      expect(JSON.parse(toAuditJsonLine(first!))).toEqual({
        sequence: 1,
        audit_log_id: first!.id,
        created_at: now,
        tenant_id: acme,
        user_id: null,
        action: "collection::create",
        resource_type: "collection",
        resource_id: "docs",
        result: "allowed",
        reason: null,
        metadata: { route: "GET /" },
        ip_address: null,
        user_agent: '=cmd|" /C calc"!A0',
        user_hash: null,
        previous_hash: first!.previousHash,
        entry_hash: first!.hash,
      });
      expect(auditCsvHeader.split(",")).toEqual([
        ...Object.keys(JSON.parse(toAuditJsonLine(first!)) as object).slice(0, -1),
        "entry_hash\r\n",
      ]);
      expect(toAuditCsvLine(first!)).toBe(
        `1,${first!.id},${now},${acme},,collection::create,collection,docs,allowed,,` +
          `"{""route"":""GET /""}",,"'=cmd|"" /C calc""!A0",,${first!.previousHash},${first!.hash}\r\n`,
      );
      expect(toAuditCsvLine(second!)).toContain(',denied,"says ""no"",\r\nand why",{},');
    });

    test("is exported over many pages", async () => {
      await append(...Array.from({ length: 2_500 }, () => ({})));
      let count = 0;
      for await (const { sequence } of auditEntries(current().catalog.auditLog, { tenantId: "all" })) {
        expect(sequence).toBe(++count);
      }
      expect(count).toBe(2_500);
    });
  });
}
