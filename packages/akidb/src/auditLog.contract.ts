import type { AkiDb, AuditLog, AuditLogEntry, AuditLogQuery } from "@akidb/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

export interface AuditedAkiDb {
  readonly db: AkiDb;
  close(): Promise<void>;
}

const unknownId = "00000000-0000-7000-8000-000000000000";

/** What a database promises of its audit log, whatever is behind it. */
export function checkAuditLog(name: string, openAkiDb: () => Promise<AuditedAkiDb>): void {
  describe(`the audit log ${name}`, () => {
    let opened: AuditedAkiDb;
    let auditLog: AuditLog;
    beforeAll(async () => {
      opened = await openAkiDb();
      auditLog = opened.db.auditLog;
      for (const collection of ["one", "two", "three"]) {
        await opened.db.createCollection({ name: collection, dimension: 16 });
      }
      await opened.db.deleteCollection("two");
    });
    afterAll(() => opened.close());

    const created = async (query: AuditLogQuery = {}) =>
      (await auditLog.list({ action: "collection::create", ...query })).items.map(
        ({ resourceId }) => resourceId,
      );

    async function exported(query: Parameters<AuditLog["export"]>[0] = {}): Promise<string> {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await auditLog.export(query)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    }

    test("has what was done, the newest first, chained", async () => {
      expect(await created()).toEqual(["three", "two", "one"]);
      const { items } = await auditLog.list({ limit: 5 });
      expect(items[0]).toMatchObject({
        action: "audit::read",
        resourceType: "tenant",
        result: "allowed",
        reason: null,
        userId: null,
      });
      for (const [at, { sequence, previousHash }] of items.slice(0, -1).entries()) {
        const before = items[at + 1]!;
        expect(sequence).toBe(before.sequence + 1);
        expect(previousHash).toBe(before.hash);
      }
    });

    test("is listed page by page, by what an entry has", async () => {
      const names = [];
      for (let cursor: string | undefined; ; ) {
        const page = await auditLog.list({
          action: "collection::create",
          limit: 1,
          ...(cursor !== undefined && { cursor }),
        });
        names.push(...page.items.map(({ resourceId }) => resourceId));
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      expect(names).toEqual(["three", "two", "one"]);
      expect(await created({ resourceType: "collection", resourceId: "two" })).toEqual(["two"]);
      expect(await created({ result: "allowed" })).toHaveLength(3);
      expect(await created({ tenant: "default" })).toHaveLength(3);
      expect(await created({ allTenants: true })).toHaveLength(3);
      for (const none of [
        { result: "denied" },
        { resourceType: "tenant" },
        { user: unknownId },
        { since: "2999-01-01T00:00:00+01:00" },
        { until: "2020-01-01T00:00:00Z" },
      ] as const) {
        expect(await created(none)).toEqual([]);
      }
    });

    test("is listed from a time on, and up to one", async () => {
      const { items } = await auditLog.list({ resourceId: "two" });
      const [{ createdAt }] = items as readonly [AuditLogEntry];
      const later = new Date(Date.parse(createdAt) + 1).toISOString();
      expect(await created({ resourceId: "two", since: createdAt, until: later })).toEqual(["two"]);
      expect(await created({ resourceId: "two", until: createdAt })).toEqual([]);
    });

    test("is exported as JSONL, the oldest entry first", async () => {
      const lines = (await exported({ action: "collection::create" })).split("\n").slice(0, -1);
      expect(lines.map((line) => JSON.parse(line).resource_id)).toEqual(["one", "two", "three"]);
    });

    test("is exported as CSV", async () => {
      const text = await exported({ format: "csv", action: "collection::create", resourceId: "two" });
      const [header, line, end] = text.split("\r\n");
      expect(header).toMatch(/^sequence,audit_log_id,created_at,/);
      expect(line).toMatch(/,collection::create,collection,two,allowed,/);
      expect(end).toBe("");
    });

    test("is verified, also against an entry that was noted before", async () => {
      const { head, ...verification } = await auditLog.verify();
      expect(verification).toMatchObject({ problemCount: 0, problems: [], anchor: { sequence: 0 } });
      expect(verification.entryCount).toBe(head.sequence);
      expect(await auditLog.verify({ known: head })).toMatchObject({ problemCount: 0 });
      const forged = { ...head, hash: "0".repeat(64) };
      expect(await auditLog.verify({ known: forged })).toMatchObject({
        problems: [{ sequence: head.sequence, problem: "is not the entry that was noted" }],
      });
    });

    test.each<[AuditLogQuery & { readonly limit?: number; readonly cursor?: string }, string, string]>([
      [{ since: "yesterday" }, "invalid_argument", "since"],
      [{ until: "2026-01-31" }, "invalid_argument", "until"],
      [{ limit: 0 }, "invalid_argument", "limit"],
      [{ limit: 1_001 }, "invalid_argument", "limit"],
      [{ cursor: "nonsense" }, "invalid_argument", "cursor"],
      [{ tenant: "default", allTenants: true }, "invalid_argument", "tenant"],
      [{ allTenants: true, user: "ada@example.org" }, "invalid_argument", "user"],
      [{ result: "perhaps" as never }, "invalid_argument", "result"],
      [{ tenant: "nobody" }, "not_found", ""],
      [{ tenant: unknownId }, "not_found", ""],
      [{ user: "nobody@example.org" }, "not_found", ""],
    ])("refuses %j", async (query, code, path) => {
      const violations = path === "" ? [] : [{ path }];
      await expect(auditLog.list(query)).rejects.toMatchObject({ code, violations });
    });

    test("counts wrong questions for nothing in an export, too", async () => {
      await expect(auditLog.export({ since: "yesterday" })).rejects.toMatchObject({
        code: "invalid_argument",
      });
      await expect(auditLog.export({ tenant: "nobody" })).rejects.toMatchObject({ code: "not_found" });
    });
  });
}
