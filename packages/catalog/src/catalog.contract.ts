import {
  type Clock,
  type CollectionId,
  type DatabaseId,
  type IdGenerator,
  type JsonObject,
  limits,
  type PageRequest,
  parseId,
  SeededRandom,
  type TenantId,
  textLanguages,
  UuidV7Generator,
} from "@akidb/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkAccessControl } from "./accessControl.contract.ts";
import { checkAuditLog } from "./auditLog.contract.ts";
import { autoInitialize } from "./autoInitialize.ts";
import type { Catalog } from "./catalog.ts";
import { all, checkSteps, expectRefusal, refusalOf } from "./catalogChecks.contract.ts";
import { catalogLimits } from "./catalogLimits.ts";
import type { NewCollection } from "./collection.ts";
import { type DatabaseState, databaseStates } from "./database.ts";
import { checkModels } from "./models.contract.ts";
import { checkReembeddings } from "./reembeddings.contract.ts";
import { checkRowImport } from "./rowImport.contract.ts";
import type { NewTenant, TenantAttributes, TenantStatus } from "./tenant.ts";
import { tenantStatuses } from "./tenant.ts";

export interface CatalogSources {
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

const startMs = Date.UTC(2026, 0, 31, 9, 30);
const nobody = parseId("0199d6a0-0000-7000-8000-000000000000")!;

/** Written out once more, from the product's contract. */
const tenantSteps = new Set([
  "provisioning active",
  "active suspended",
  "suspended active",
  "suspended decommissioned",
]);
const databaseSteps = new Set([
  "provisioning ready",
  "ready migrating",
  "migrating ready",
  "provisioning deleting",
  "ready deleting",
  "migrating deleting",
]);

/** What every implementation of {@link Catalog} does, whatever it keeps its rows in. */
export function checkCatalog(name: string, open: (sources: CatalogSources) => Promise<Catalog>): void {
  describe(`${name} as a catalog`, () => {
    let nowMs: number;
    let catalog: Catalog;

    beforeEach(async () => {
      nowMs = startMs;
      const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
      catalog = await open({ clock, ids: new UuidV7Generator(clock, new SeededRandom(1)) });
    });
    afterEach(() => catalog.close());

    const advance = (ms: number): void => {
      nowMs += ms;
    };

    const newTenant = (input: Partial<NewTenant> = {}) => catalog.tenants.create({ name: "Acme", ...input });
    const newDatabase = async (name = "main") => catalog.databases.create((await newTenant()).id, { name });
    const newCollection = async (input: Partial<NewCollection> = {}) =>
      catalog.collections.create((await newDatabase()).id, { name: "docs", dimension: 128, ...input });

    describe("tenants", () => {
      test("begin with the defaults, as provisioning", async () => {
        const tenant = await newTenant();
        expect(tenant).toEqual({
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          externalId: null,
          name: "Acme",
          slug: "acme",
          status: "provisioning",
          memoryQuotaBytes: 34_359_738_368,
          storageQuotaBytes: 1_099_511_627_776,
          qpsQuota: 200,
          metadata: {},
          createdAt: "2026-01-31T09:30:00.000Z",
          updatedAt: "2026-01-31T09:30:00.000Z",
        });
        expect(await catalog.tenants.get(tenant.id)).toEqual(tenant);
      });

      test("keep what they are given", async () => {
        const given = {
          name: "Société Générale 🏦",
          slug: "sg",
          externalId: "crm:17",
          memoryQuotaBytes: 0,
          storageQuotaBytes: Number.MAX_SAFE_INTEGER,
          qpsQuota: 1,
          metadata: {
            plan: "gold",
            seats: [1, 2.5, null, true],
            "a.b": { '"': "'; drop table tenants; --" },
          },
        } satisfies TenantAttributes;
        const { id } = await catalog.tenants.create(given);
        expect(await catalog.tenants.get(id)).toMatchObject(given);
        expect(await catalog.tenants.findBySlug("sg")).toMatchObject(given);
        expect(await catalog.tenants.findBySlug("SG")).toBeUndefined();
      });

      test("get a slug of their name, with a number where it is taken", async () => {
        const slugs = [];
        for (const name of ["Acme Corp.", "acme corp", "ACME  (Corp)", "Acme Corp 1", "日本", "日本"]) {
          slugs.push((await newTenant({ name })).slug);
        }
        expect(slugs).toEqual([
          "acme-corp",
          "acme-corp-1",
          "acme-corp-2",
          "acme-corp-1-1",
          "tenant",
          "tenant-1",
        ]);
      });

      test("get a slug that fits, also of the longest names", async () => {
        const name = "a".repeat(catalogLimits.tenantNameCharactersMax);
        expect((await newTenant({ name })).slug).toBe(name);
        expect((await newTenant({ name })).slug).toMatch(/^a{245}-1$/);
        expect((await newTenant({ name })).slug).toMatch(/^a{245}-2$/);
      });

      test("share neither slug nor external id", async () => {
        const first = await newTenant({ slug: "acme", externalId: "17" });
        const other = await newTenant({ slug: "other" });
        await expectRefusal(
          newTenant({ slug: "acme" }),
          "already_exists",
          ["slug"],
          /tenant with slug "acme"/,
        );
        await expectRefusal(
          newTenant({ externalId: "17" }),
          "already_exists",
          ["external_id"],
          /tenant with external_id "17"/,
        );
        await expectRefusal(catalog.tenants.update(other.id, { slug: "acme" }), "already_exists", ["slug"]);
        expect(await all((page) => catalog.tenants.list(page))).toEqual([first, other]);
      });

      test.each<[string, JsonObject]>([
        ["name", { name: "" }],
        ["name", { name: " Acme" }],
        ["name", { name: "two\nlines" }],
        ["name", { name: "half a pair \ud83c" }],
        ["name", { name: "é".repeat(256) }],
        ["slug", { slug: "" }],
        ["slug", { slug: "Acme" }],
        ["slug", { slug: "acme-" }],
        ["slug", { slug: "a--b" }],
        ["slug", { slug: "a".repeat(256) }],
        ["external_id", { externalId: "" }],
        ["memory_quota_bytes", { memoryQuotaBytes: -1 }],
        ["storage_quota_bytes", { storageQuotaBytes: 1.5 }],
        ["qps_quota", { qpsQuota: 0 }],
        ["qps_quota", { qpsQuota: 2 ** 53 }],
      ])("refuse a bad %s: %j", async (field, input) => {
        const tenant = await newTenant({ slug: "first" });
        await expectRefusal(newTenant(input as Partial<NewTenant>), "invalid_argument", [field]);
        await expectRefusal(catalog.tenants.update(tenant.id, input), "invalid_argument", [field]);
        expect(await all((page) => catalog.tenants.list(page))).toEqual([tenant]);
      });

      test("refuse metadata that JSON would not give back", async () => {
        const cycle: Record<string, JsonObject> = {};
        cycle["self"] = cycle;
        const cases: readonly [path: RegExp, metadata: unknown][] = [
          [/^metadata$/, []],
          [/^metadata$/, new Date(0)],
          [/^metadata\.a\[1\]$/, { a: [1, Number.NaN] }],
          [/^metadata\.a\.b$/, { a: { b: undefined } }],
          [/^metadata\.f$/, { f: () => 1 }],
          [/^metadata\.s$/, { s: "\udc00" }],
          [/^metadata$/, { "\udc00": 1 }],
          [/^metadata(\.self)+$/, cycle],
          [/^metadata$/, { long: "x".repeat(limits.metadataBytesMax) }],
        ];
        for (const [path, metadata] of cases) {
          const error = await refusalOf(newTenant({ metadata: metadata as JsonObject }));
          expect(error.code).toBe("invalid_argument");
          expect(error.violations[0]?.path).toMatch(path);
        }
      });

      test("change what is given, and nothing else", async () => {
        const tenant = await newTenant({ externalId: "17", metadata: { a: 1 } });
        nowMs += 5;
        const renamed = await catalog.tenants.update(tenant.id, { name: "Acme 2" });
        expect(renamed).toEqual({ ...tenant, name: "Acme 2", updatedAt: "2026-01-31T09:30:00.005Z" });
        const cleared = await catalog.tenants.update(tenant.id, { externalId: null, metadata: {} });
        expect(cleared).toMatchObject({ name: "Acme 2", externalId: null, metadata: {} });
        expect(await catalog.tenants.get(tenant.id)).toEqual(cleared);
      });

      test("have a later updatedAt after every change, though the clock stands still or goes back", async () => {
        const tenant = await newTenant();
        const second = await catalog.tenants.update(tenant.id, { qpsQuota: 1 });
        nowMs -= 60_000;
        const third = await catalog.tenants.setStatus(tenant.id, "active");
        expect([second.updatedAt, third.updatedAt]).toEqual([
          "2026-01-31T09:30:00.001Z",
          "2026-01-31T09:30:00.002Z",
        ]);
        expect(third.createdAt).toBe(tenant.createdAt);
      });

      test("change state only along the allowed steps", async () => {
        const tours: TenantStatus[][] = [["active", "suspended", "active", "suspended", "decommissioned"]];
        await checkSteps(tenantStatuses, tours, tenantSteps, async () => {
          const { id } = await newTenant();
          return {
            set: async (to) => (await catalog.tenants.setStatus(id, to)).status,
            get: async () => (await catalog.tenants.get(id)).status,
          };
        });
      });

      test("tell which steps there are", async () => {
        const { id } = await newTenant();
        await expect(catalog.tenants.setStatus(id, "suspended")).rejects.toThrow(
          'tenant "acme" is provisioning and cannot become suspended (possible: active)',
        );
        for (const status of ["active", "suspended", "decommissioned"] as const) {
          await catalog.tenants.setStatus(id, status);
        }
        await expect(catalog.tenants.setStatus(id, "active")).rejects.toThrow("decommissioned is final");
      });

      test("take their databases and collections with them", async () => {
        const tenant = await newTenant();
        const database = await catalog.databases.create(tenant.id, { name: "main" });
        const collection = await catalog.collections.create(database.id, { name: "docs", dimension: 16 });
        const other = await newCollection();
        await catalog.tenants.delete(tenant.id);
        await expectRefusal(catalog.tenants.get(tenant.id), "not_found");
        await expectRefusal(catalog.databases.get(database.id), "not_found");
        await expectRefusal(catalog.collections.get(collection.id), "not_found");
        expect(await catalog.collections.get(other.id)).toEqual(other);
      });

      test("that do not exist are not found", async () => {
        const id = nobody as TenantId;
        await expectRefusal(catalog.tenants.get(id), "not_found", [], new RegExp(`tenant "${id}"`));
        await expectRefusal(catalog.tenants.update(id, { name: "x" }), "not_found");
        await expectRefusal(catalog.tenants.setStatus(id, "active"), "not_found");
        await expectRefusal(catalog.tenants.delete(id), "not_found");
        expect(await catalog.tenants.findBySlug("acme")).toBeUndefined();
      });
    });

    describe("pages", () => {
      test("give everything once, in order of creation", async () => {
        const made = [];
        for (let i = 0; i < 7; i++) made.push(await newTenant());
        for (const limit of [1, 3, 7, 8]) {
          expect(await all((page) => catalog.tenants.list({ ...page, limit }))).toEqual(made);
        }
        expect(await catalog.tenants.list({ limit: 7 })).not.toHaveProperty("nextCursor");
      });

      test("go on after what was deleted and added meanwhile", async () => {
        const [first, second, third] = [await newTenant(), await newTenant(), await newTenant()];
        const { nextCursor } = await catalog.tenants.list({ limit: 2 });
        await catalog.tenants.delete(second.id);
        const fourth = await newTenant();
        const next = await catalog.tenants.list({ limit: 2, cursor: nextCursor! });
        expect(next).toEqual({ items: [third, fourth] });
        expect((await catalog.tenants.list({ limit: 1 })).items).toEqual([first]);
      });

      test("hold 100 if nobody says how many", async () => {
        await catalog.transaction(async ({ tenants }) => {
          for (let i = 0; i < 101; i++) await tenants.create({ name: `t${i}`, slug: `t${i}` });
        });
        expect((await catalog.tenants.list()).items).toHaveLength(100);
      });

      test("refuse a bad limit and a bad cursor", async () => {
        const { id: tenantId } = await newTenant();
        const { id: databaseId } = await catalog.databases.create(tenantId, { name: "main" });
        const lists = [
          (page: PageRequest) => catalog.tenants.list(page),
          (page: PageRequest) => catalog.databases.list(tenantId, page),
          (page: PageRequest) => catalog.collections.list(databaseId, page),
        ];
        for (const list of lists) {
          for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
            await expectRefusal(list({ limit }), "invalid_argument", ["limit"]);
          }
          for (const cursor of [
            "",
            "x",
            tenantId,
            "A".repeat(21),
            "A".repeat(23),
            `${"A".repeat(21)}B`,
            "ä",
          ]) {
            await expectRefusal(list({ cursor }), "invalid_argument", ["cursor"]);
          }
        }
      });
    });

    describe("databases", () => {
      test("begin with the defaults, as provisioning", async () => {
        const tenant = await newTenant();
        const database = await catalog.databases.create(tenant.id, { name: "main" });
        expect(database).toEqual({
          id: expect.any(String),
          tenantId: tenant.id,
          name: "main",
          description: null,
          state: "provisioning",
          schemaVersion: 1,
          createdAt: "2026-01-31T09:30:00.000Z",
          updatedAt: "2026-01-31T09:30:00.000Z",
        });
        expect(await catalog.databases.get(database.id)).toEqual(database);
        expect(await catalog.databases.findByName(tenant.id, "main")).toEqual(database);
      });

      test("have a name of their own in their tenant", async () => {
        const [one, two] = [await newTenant(), await newTenant()];
        const a = await catalog.databases.create(one.id, { name: "main", description: "two\nlines" });
        const b = await catalog.databases.create(two.id, { name: "main" });
        const c = await catalog.databases.create(one.id, { name: "more" });
        await expectRefusal(
          catalog.databases.create(one.id, { name: "main" }),
          "already_exists",
          ["name"],
          /^database "main" already exists$/,
        );
        await expectRefusal(catalog.databases.update(c.id, { name: "main" }), "already_exists", ["name"]);
        expect(await all((page) => catalog.databases.list(one.id, { ...page, limit: 1 }))).toEqual([a, c]);
        expect(await all((page) => catalog.databases.list(two.id, page))).toEqual([b]);
        expect(await all((page) => catalog.databases.list("all", { ...page, limit: 2 }))).toEqual([a, b, c]);
        expect(await catalog.databases.findByName(two.id, "more")).toBeUndefined();
      });

      test.each<[string, JsonObject]>([
        ["name", { name: "" }],
        ["name", { name: "a b" }],
        ["description", { description: "x".repeat(4_097) }],
        ["description", { description: "a\0b" }],
        ["schema_version", { schemaVersion: 0 }],
      ])("refuse a bad %s: %j", async (field, input) => {
        const database = await newDatabase("first");
        const { tenantId, id } = database;
        await expectRefusal(
          catalog.databases.create(tenantId, { name: "second", ...input }),
          "invalid_argument",
          [field],
        );
        await expectRefusal(catalog.databases.update(id, input), "invalid_argument", [field]);
        expect(await all((page) => catalog.databases.list(tenantId, page))).toEqual([database]);
      });

      test("change what is given, and nothing else", async () => {
        const database = await newDatabase();
        nowMs += 1_000;
        const changed = await catalog.databases.update(database.id, { description: "new", schemaVersion: 2 });
        expect(changed).toEqual({
          ...database,
          description: "new",
          schemaVersion: 2,
          updatedAt: "2026-01-31T09:30:01.000Z",
        });
        expect(await catalog.databases.get(database.id)).toEqual(changed);
      });

      test("change state only along the allowed steps", async () => {
        const { id: tenantId } = await newTenant();
        let count = 0;
        const tours: DatabaseState[][] = [
          ["ready", "migrating", "ready", "deleting"],
          ["ready", "migrating", "deleting"],
          ["deleting"],
        ];
        await checkSteps(databaseStates, tours, databaseSteps, async () => {
          const { id } = await catalog.databases.create(tenantId, { name: `d${count++}` });
          return {
            set: async (to) => (await catalog.databases.setState(id, to)).state,
            get: async () => (await catalog.databases.get(id)).state,
          };
        });
      });

      test("take their collections with them", async () => {
        const collection = await newCollection();
        await catalog.databases.delete(collection.databaseId);
        await expectRefusal(catalog.collections.get(collection.id), "not_found");
      });

      test("that do not exist are not found, nor is their tenant", async () => {
        const id = nobody as DatabaseId;
        await expectRefusal(catalog.databases.get(id), "not_found", [], new RegExp(`database "${id}"`));
        await expectRefusal(catalog.databases.update(id, { name: "x" }), "not_found");
        await expectRefusal(catalog.databases.setState(id, "ready"), "not_found");
        await expectRefusal(catalog.databases.delete(id), "not_found");
        await expectRefusal(
          catalog.databases.create(nobody as TenantId, { name: "x" }),
          "not_found",
          [],
          new RegExp(`tenant "${nobody}"`),
        );
        expect(await catalog.databases.list(nobody as TenantId)).toEqual({ items: [] });
      });
    });

    describe("collections", () => {
      test("begin with the defaults", async () => {
        const collection = await newCollection();
        expect(collection).toEqual({
          id: expect.any(String),
          databaseId: expect.any(String),
          name: "docs",
          dimension: 128,
          metric: "cosine",
          embeddingModel: null,
          modelFingerprint: null,
          generation: 0,
          hnswM: 32,
          hnswEfConstruction: 200,
          maxDocumentCount: 50_000_000,
          tieringPolicy: "memory",
          replicaFactor: 1,
          walRetentionSeconds: 604_800,
          syncPolicy: "continuous",
          quantization: "int8",
          payloadIndexes: {},
          textLanguage: "none",
          createdAt: "2026-01-31T09:30:00.000Z",
          updatedAt: "2026-01-31T09:30:00.000Z",
        });
        expect(await catalog.collections.get(collection.id)).toEqual(collection);
        expect(await catalog.collections.findByName(collection.databaseId, "docs")).toEqual(collection);
      });

      test("keep what they are given", async () => {
        const given: NewCollection = {
          name: "_docs.v2-EN",
          dimension: 4_096,
          metric: "l2",
          embeddingModel: "hashing",
          modelFingerprint: "hashing/1/4096",
          hnswM: 16,
          hnswEfConstruction: 16,
          maxDocumentCount: 1,
          tieringPolicy: "s3_only",
          replicaFactor: 3,
          walRetentionSeconds: 0,
          syncPolicy: "manual",
          quantization: "binary",
          payloadIndexes: { year: "integer" },
          textLanguage: "german",
        };
        const { id } = await newCollection(given);
        expect(await catalog.collections.get(id)).toMatchObject(given);
      });

      test.each([
        { hnswM: 4, hnswEfConstruction: 8 },
        { hnswM: 64, hnswEfConstruction: 64 },
        { hnswM: 64, hnswEfConstruction: 4_096 },
      ])("take a graph at the edge of its range: %j", async (given) => {
        expect(await newCollection(given)).toMatchObject(given);
      });

      test("take every language of texts", async () => {
        const { id: databaseId } = await newDatabase();
        for (const textLanguage of textLanguages) {
          const input = { name: textLanguage, dimension: 16, textLanguage };
          expect(await catalog.collections.create(databaseId, input)).toMatchObject(input);
        }
      });

      test("have a name of their own in their database", async () => {
        const { id: databaseId, tenantId } = await newDatabase();
        const other = await catalog.databases.create(tenantId, { name: "other" });
        const a = await catalog.collections.create(databaseId, { name: "docs", dimension: 16 });
        const b = await catalog.collections.create(other.id, { name: "docs", dimension: 16 });
        const c = await catalog.collections.create(databaseId, { name: "Docs", dimension: 16 });
        await expectRefusal(
          catalog.collections.create(databaseId, { name: "docs", dimension: 32 }),
          "already_exists",
          ["name"],
          /^collection "docs" already exists$/,
        );
        await expectRefusal(catalog.collections.update(c.id, { name: "docs" }), "already_exists", ["name"]);
        expect(await all((page) => catalog.collections.list(databaseId, { ...page, limit: 1 }))).toEqual([
          a,
          c,
        ]);
        expect(await all((page) => catalog.collections.list(other.id, page))).toEqual([b]);
        expect(await all((page) => catalog.collections.list("all", { ...page, limit: 1 }))).toEqual([
          a,
          b,
          c,
        ]);
      });

      test.each<[string, JsonObject]>([
        ["name", { name: "" }],
        ["name", { name: "-a" }],
        ["name", { name: ".a" }],
        ["name", { name: "a/b" }],
        ["name", { name: "a\n" }],
        ["name", { name: "ä" }],
        ["name", { name: "a".repeat(129) }],
        ["name", { name: "0199d6a0-0000-7000-8000-000000000000" }],
        ["name", { name: "0199D6A0-0000-7000-8000-000000000000" }],
        ["dimension", { dimension: 15 }],
        ["dimension", { dimension: 4_097 }],
        ["dimension", { dimension: 16.5 }],
        ["metric", { metric: "hamming" }],
        ["embedding_model", { embeddingModel: "" }],
        ["model_fingerprint", { modelFingerprint: "" }],
        ["hnsw.m", { hnswM: 3 }],
        ["hnsw.m", { hnswM: 65 }],
        ["hnsw.ef_construction", { hnswM: 4, hnswEfConstruction: 7 }],
        ["hnsw.ef_construction", { hnswEfConstruction: 4_097 }],
        ["hnsw.ef_construction", { hnswM: 64, hnswEfConstruction: 63 }],
        ["max_doc_count", { maxDocumentCount: 0 }],
        ["max_doc_count", { maxDocumentCount: 2 ** 32 - 1 }],
        ["tiering_policy", { tieringPolicy: "disk" }],
        ["replica_factor", { replicaFactor: 4 }],
        ["wal_retention_seconds", { walRetentionSeconds: -1 }],
        ["sync_policy", { syncPolicy: "never" }],
        ["quantization", { quantization: "int4" }],
        ["payload_indexes", { payloadIndexes: [] }],
        ["text_index.language", { textLanguage: "latin" }],
      ])("refuse a bad %s: %j", async (field, input) => {
        const { id } = await newDatabase();
        const creation = catalog.collections.create(id, {
          name: "docs",
          dimension: 128,
          ...input,
        } as NewCollection);
        await expectRefusal(creation, "invalid_argument", [field]);
        expect(await catalog.collections.list(id)).toEqual({ items: [] });
      });

      test("name every bad field at once", async () => {
        const input = { name: "", dimension: 1, metric: "cosine", hnswM: 0 } as const;
        await expectRefusal(newCollection(input), "invalid_argument", ["name", "dimension", "hnsw.m"]);
      });

      test("change what is given, and nothing else", async () => {
        const collection = await newCollection();
        nowMs += 1;
        const model = { embeddingModel: "hashing", modelFingerprint: "hashing/1/128" };
        const changes = { name: "texts", ...model, maxDocumentCount: 10 };
        const changed = await catalog.collections.update(collection.id, changes);
        expect(changed).toEqual({ ...collection, ...changes, updatedAt: "2026-01-31T09:30:00.001Z" });
        expect(await catalog.collections.get(collection.id)).toEqual(changed);
        await expectRefusal(
          catalog.collections.update(collection.id, { replicaFactor: 0 }),
          "invalid_argument",
          ["replica_factor"],
        );
        expect(await catalog.collections.get(collection.id)).toEqual(changed);
      });

      test("keep their shape", async () => {
        const collection = await newCollection();
        const changes = { name: "texts", dimension: 16, metric: "dot" };
        const changed = await catalog.collections.update(collection.id, changes);
        expect(changed).toMatchObject({ name: "texts", dimension: 128, metric: "cosine" });
      });

      test("can be deleted and made again", async () => {
        const collection = await newCollection();
        await catalog.collections.delete(collection.id);
        await expectRefusal(catalog.collections.delete(collection.id), "not_found");
        const again = await catalog.collections.create(collection.databaseId, {
          name: "docs",
          dimension: 16,
        });
        expect(again.id).not.toBe(collection.id);
      });

      test("that do not exist are not found, nor is their database", async () => {
        const id = nobody as CollectionId;
        await expectRefusal(catalog.collections.get(id), "not_found", [], new RegExp(`collection "${id}"`));
        await expectRefusal(catalog.collections.update(id, { name: "x" }), "not_found");
        await expectRefusal(
          catalog.collections.create(nobody as DatabaseId, { name: "x", dimension: 16 }),
          "not_found",
          [],
          new RegExp(`database "${nobody}"`),
        );
      });
    });

    describe("a transaction", () => {
      test("keeps all of its work and gives its result", async () => {
        const id = await catalog.transaction(async ({ tenants, databases }) => {
          const tenant = await tenants.create({ name: "Acme" });
          await databases.create(tenant.id, { name: "main" });
          return tenant.id;
        });
        expect((await catalog.databases.list(id)).items).toHaveLength(1);
      });

      test("keeps nothing of it after an error, which comes out as it went in", async () => {
        const boom = new Error("boom");
        const failed = catalog.transaction(async ({ tenants }) => {
          const { id } = await tenants.create({ name: "Acme" });
          await tenants.setStatus(id, "active");
          throw boom;
        });
        await expect(failed).rejects.toBe(boom);
        expect(await catalog.tenants.list()).toEqual({ items: [] });
      });

      test("makes the others wait", async () => {
        let goOn!: () => void;
        const gate = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        const failed = catalog.transaction(async ({ tenants }) => {
          await tenants.create({ name: "Acme" });
          await gate;
          throw new Error("boom");
        });
        const created = newTenant();
        const listed = catalog.tenants.list();
        goOn();
        await expect(failed).rejects.toThrow("boom");
        expect((await created).slug).toBe("acme");
        expect((await listed).items).toEqual([await created]);
      });

      test("refuses the catalog's own repositories, which would wait for ever", async () => {
        const failed = catalog.transaction(() => newTenant());
        await expect(failed).rejects.toThrow("inside a transaction its own repositories are used");
        await expect(catalog.transaction(() => catalog.schemaVersion())).rejects.toThrow(
          "inside a transaction",
        );
        expect((await newTenant()).slug).toBe("acme");
      });
    });

    describe("auto-initialisation", () => {
      test("makes the default tenant and database, once", async () => {
        const first = await autoInitialize(catalog);
        expect(first.tenant).toMatchObject({ name: "default", slug: "default", status: "active" });
        expect(first.database).toMatchObject({ name: "default", state: "ready", tenantId: first.tenant.id });
        expect(await autoInitialize(catalog)).toEqual(first);
        expect((await catalog.tenants.list()).items).toEqual([first.tenant]);
      });

      test("adds what is missing and leaves what is there", async () => {
        const tenant = await newTenant({ slug: "default" });
        const place = await autoInitialize(catalog);
        expect(place.tenant).toEqual(tenant);
        expect(place.database.state).toBe("ready");
      });
    });

    checkAccessControl(() => ({ catalog, advance }));
    checkAuditLog(() => ({ catalog, advance }));
    checkModels(() => ({ catalog, advance }));
    checkReembeddings(() => ({ catalog, advance }));
    checkRowImport(() => ({ catalog, advance }));

    test("closes once, and refuses to work afterwards", async () => {
      const inFlight = newTenant();
      await Promise.all([catalog.close(), catalog.close()]);
      await inFlight;
      await expectRefusal(newTenant(), "failed_precondition", [], /closed/);
      await expectRefusal(catalog.schemaVersion(), "failed_precondition", [], /closed/);
      await catalog.close();
    });
  });
}
