import {
  type AkiDb,
  type CreateTenantInput,
  type Job,
  type JsonObject,
  systemClock,
  systemRandom,
  type TenantInfo,
  UuidV7Generator,
} from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const seed = 20_260_131;
const dimension = 16;
const vector = new Float32Array(dimension).fill(1);
const ids = new UuidV7Generator(systemClock, systemRandom);
const unknown = { code: "not_found" };

/** What `AkiDb` promises of tenants, databases, and of collections that change. */
export function checkTenancy(open: () => AkiDb): void {
  let count = 0;
  const newName = (kind: string): string => `${kind}-${++count}`;
  const newTenant = (): Promise<TenantInfo> => open().tenants.create({ name: newName("tenant") });

  async function whenEnded({ id }: Job): Promise<Job> {
    for (;;) {
      const job = await open().jobs.get(id);
      if (job.state !== "running") return job;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  describe("tenants", () => {
    it("are created active with their defaults, and found by id and slug", async () => {
      const { tenants } = open();
      const created = await tenants.create({ name: "Acme Corp. (EU)" });
      expect(created).toMatchObject({
        slug: "acme-corp-eu",
        status: "active",
        externalId: null,
        memoryQuotaBytes: 32 * 1024 ** 3,
        storageQuotaBytes: 1024 ** 4,
        qpsQuota: 200,
        metadata: {},
      });
      expect(await tenants.get(created.id)).toEqual(created);
      expect(await tenants.get(created.slug)).toEqual(created);
      await expect(tenants.get(ids.next())).rejects.toMatchObject(unknown);
      await expect(tenants.get("no-tenant")).rejects.toMatchObject(unknown);
      await expect(tenants.create({ name: "x", slug: created.slug })).rejects.toMatchObject({
        code: "already_exists",
      });
      expect((await tenants.create({ name: "Acme Corp. (EU)" })).slug).toBe("acme-corp-eu-1");
    });

    it("are listed page by page in order of creation", async () => {
      const { tenants } = open();
      const made = [await newTenant(), await newTenant(), await newTenant()];
      const found: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await tenants.list({ limit: 2, ...(cursor !== undefined && { cursor }) });
        found.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      expect(found.slice(-3)).toEqual(made.map(({ id }) => id));
    });

    it("change what is given, and follow their state machine", async () => {
      const { tenants } = open();
      const { id, createdAt } = await tenants.create({ name: "before", externalId: newName("crm") });
      const changes = {
        name: "after",
        qpsQuota: 7,
        externalId: null,
        metadata: { plan: "pro", n: [1, null] },
      };
      expect(await tenants.update(id, changes)).toMatchObject({ ...changes, status: "active", createdAt });
      await expect(tenants.update(id, { status: "decommissioned" })).rejects.toMatchObject({
        code: "invalid_state",
      });
      expect(await tenants.update(id, { status: "suspended", name: "late" })).toMatchObject({
        status: "suspended",
        name: "late",
      });
      // Asked twice, it is what was asked for.
      expect(await tenants.update(id, { status: "suspended" })).toMatchObject({ status: "suspended" });
      expect(await tenants.update(id, { status: "active" })).toMatchObject({ status: "active" });
      await tenants.update(id, { status: "suspended" });
      await tenants.update(id, { status: "decommissioned" });
      await expect(tenants.update(id, { status: "active" })).rejects.toMatchObject({ code: "invalid_state" });
      await expect(tenants.update(id, { qpsQuota: 0, name: "" })).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [{ path: "name" }, { path: "qps_quota" }],
      });
    });

    it("are deleted, and their names are free again; whoever asks twice gets the same job", async () => {
      const { tenants } = open();
      const { id, slug } = await newTenant();
      const job = await tenants.delete(slug);
      expect(job).toMatchObject({ id, kind: "delete_tenant", resource: { type: "tenant", id } });
      expect(await whenEnded(job)).toMatchObject({ state: "done", progress: 1, stateReason: null });
      await expect(tenants.get(id)).rejects.toMatchObject(unknown);
      await expect(tenants.delete(id)).rejects.toMatchObject(unknown);
      expect((await tenants.create({ name: slug })).slug).toBe(slug);
    });

    it("but for the default one, which is the server's", async () => {
      const { tenants } = open();
      const refused = { code: "failed_precondition" };
      await expect(tenants.delete("default")).rejects.toMatchObject(refused);
      await expect(tenants.update("default", { status: "suspended" })).rejects.toMatchObject(refused);
      expect((await tenants.get("default")).status).toBe("active");
    });

    it(`refuse what cannot be, whatever it is (seed ${seed})`, async () => {
      const { tenants } = open();
      const text = fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.constantFrom("", " a", "a\n", "-a"),
      );
      const input = fc.record(
        {
          name: text,
          slug: text,
          externalId: fc.option(text),
          qpsQuota: fc.oneof(fc.integer(), fc.double()),
          metadata: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), {
            maxKeys: 3,
          }) as fc.Arbitrary<JsonObject>,
        },
        { requiredKeys: ["name"] },
      );
      const attempt = async (given: CreateTenantInput): Promise<void> => {
        const created = await tenants.create(given).catch(({ code }) => {
          expect(code).toMatch(/^(invalid_argument|already_exists)$/);
        });
        if (!created) return;
        expect(created.name).toBe(given.name);
        expect(created.metadata).toEqual(JSON.parse(JSON.stringify(given.metadata ?? {})));
        expect(await tenants.get(created.slug)).toEqual(created);
      };
      await fc.assert(fc.asyncProperty(input, attempt), { seed, numRuns: 30 });
    });
  });

  describe("databases", () => {
    it("have collections of their own", async () => {
      const db = open();
      const name = newName("db");
      const database = await db.databases.create({ name, description: "of its own" });
      expect(database).toMatchObject({ name, description: "of its own", state: "ready", schemaVersion: 1 });
      expect(await db.databases.get(name)).toEqual(database);
      const other = db.database(name);
      await other.createCollection({ name: "same", dimension });
      await db.createCollection({ name: "same", dimension });
      await other.collection("same").upsert([{ externalId: "only-here", vector }]);
      expect((await db.database(database.id).getCollection("same")).documentCount).toBe(1);
      expect((await db.getCollection("same")).documentCount).toBe(0);
      await expect(db.collection("same").get("only-here")).rejects.toMatchObject(unknown);
      expect((await other.listCollections()).items.map((each) => each.name)).toEqual(["same"]);
      await expect(db.database("nowhere").listCollections()).rejects.toMatchObject(unknown);
      expect(await other.databases.get(name)).toEqual(database);
      await db.deleteCollection("same");
    });

    it("are listed, described, renamed", async () => {
      const { databases, ...db } = open();
      const before = newName("db");
      const after = newName("db");
      const { id } = await databases.create({ name: before });
      expect((await databases.list()).items.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["default", before]),
      );
      expect(await databases.update(before, { name: after, description: "x" })).toMatchObject({
        id,
        name: after,
      });
      expect(await databases.update(after, { description: null })).toMatchObject({ description: null });
      await expect(databases.get(before)).rejects.toMatchObject(unknown);
      expect((await db.database(after).listCollections()).items).toEqual([]);
      await expect(databases.create({ name: after })).rejects.toMatchObject({ code: "already_exists" });
      for (const name of ["", "a b", ids.next(), "x".repeat(129), "../a", "\0"]) {
        await expect(databases.create({ name })).rejects.toMatchObject({
          code: "invalid_argument",
          violations: [{ path: "name" }],
        });
      }
    });

    it("are deleted with their collections, and answer nothing from then on", async () => {
      const db = open();
      const name = newName("db");
      const { id } = await db.databases.create({ name });
      const other = db.database(name);
      for (const collection of ["a", "b"]) await other.createCollection({ name: collection, dimension });
      await other.collection("a").upsert([{ externalId: "d", vector }]);
      const job = await db.databases.delete(name);
      expect(job).toMatchObject({ id, kind: "delete_database", resource: { type: "database", id } });
      await expect(other.createCollection({ name: "c", dimension })).rejects.toMatchObject({
        code: expect.stringMatching(/^(invalid_state|not_found)$/),
      });
      expect(await whenEnded(job)).toMatchObject({ state: "done", progress: 1 });
      await expect(db.databases.get(name)).rejects.toMatchObject(unknown);
      await expect(other.collection("a").get("d")).rejects.toMatchObject(unknown);
      await expect(db.jobs.get(ids.next())).rejects.toMatchObject(unknown);
      const again = await db.databases.create({ name });
      expect(again.id).not.toBe(id);
      expect((await other.listCollections()).items).toEqual([]);
    });

    it("but for the server's own", async () => {
      const { databases } = open();
      const refused = { code: "failed_precondition" };
      await expect(databases.delete("default")).rejects.toMatchObject(refused);
      await expect(databases.update("default", { name: "other" })).rejects.toMatchObject(refused);
      expect(await databases.update("default", { description: "the first" })).toMatchObject({
        name: "default",
      });
    });
  });

  describe("collections that change", () => {
    it("are served by their new name at once", async () => {
      const db = open();
      const [before, after] = [newName("c"), newName("c")];
      const { id } = await db.createCollection({ name: before, dimension });
      await db.collection(before).upsert([{ externalId: "d", vector }]);
      expect(await db.updateCollection(before, { name: after })).toMatchObject({
        id,
        name: after,
        documentCount: 1,
      });
      expect((await db.collection(after).get("d")).externalId).toBe("d");
      await expect(db.getCollection(before)).rejects.toMatchObject(unknown);
      await db.createCollection({ name: before, dimension });
      await expect(db.updateCollection(after, { name: before })).rejects.toMatchObject({
        code: "already_exists",
      });
      expect((await db.getCollection(after)).id).toBe(id);
    });

    it("take no more documents than they may by now", async () => {
      const db = open();
      const name = newName("c");
      await db.createCollection({ name, dimension, maxDocumentCount: 2 });
      const write = async (...externalIds: string[]) => {
        const { items } = await db
          .collection(name)
          .upsert(externalIds.map((externalId) => ({ externalId, vector })));
        return items.map((item) => (item.ok ? "ok" : item.code));
      };
      expect(await write("a", "b", "c")).toEqual(["ok", "ok", "quota_exceeded"]);
      expect(await db.updateCollection(name, { maxDocumentCount: 3 })).toMatchObject({ maxDocumentCount: 3 });
      expect(await write("c", "d")).toEqual(["ok", "quota_exceeded"]);
      await db.updateCollection(name, { maxDocumentCount: 1 });
      expect(await write("a", "d")).toEqual(["ok", "quota_exceeded"]);
      expect((await db.getCollection(name)).documentCount).toBe(3);
    });

    it("keep their documents when what is copied of their log changes", async () => {
      const db = open();
      const name = newName("c");
      await db.createCollection({ name, dimension, tieringPolicy: "memory_s3", syncPolicy: "manual" });
      await db.collection(name).upsert([{ externalId: "d", vector }]);
      const changes = { syncPolicy: "continuous", walRetentionSeconds: 60 } as const;
      expect(await db.updateCollection(name, changes)).toMatchObject({ ...changes, documentCount: 1 });
      await db.collection(name).upsert([{ externalId: "e", vector }]);
      expect(await db.updateCollection(name, { syncPolicy: "manual" })).toMatchObject({
        syncPolicy: "manual",
      });
      expect(await db.collection(name).count()).toBe(2);
      await db.deleteCollection(name);
    });

    it("refuse what is out of range, and change nothing then", async () => {
      const db = open();
      const name = newName("c");
      const created = await db.createCollection({ name, dimension });
      for (const [path, changes] of [
        ["max_doc_count", { maxDocumentCount: 0, walRetentionSeconds: 7 }],
        ["wal_retention_seconds", { walRetentionSeconds: -1, maxDocumentCount: 7 }],
        ["name", { name: "a b", maxDocumentCount: 7 }],
      ] as const) {
        await expect(db.updateCollection(name, changes)).rejects.toMatchObject({
          code: "invalid_argument",
          violations: [{ path }],
        });
      }
      expect(await db.updateCollection(name, {})).toEqual(created);
      await expect(db.updateCollection("nowhere", {})).rejects.toMatchObject(unknown);
    });
  });
}
