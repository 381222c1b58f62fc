import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authenticate, readCredential } from "@akidb/access";
import {
  type Document,
  idToBytes,
  type JsonObject,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { type Catalog, openCatalog, verifyAuditLog } from "@akidb/catalog";
import { OfflineDirectory, open } from "@akidb/database";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type MigrationOptions,
  type MigrationStep,
  migrateV1,
  planV1Migration,
  verifyV1Migration,
} from "./index.ts";
import { hashOf, keyOf, parquetFixture, V1Fixture, vectorOf } from "./v1Fixture.test.support.ts";

let root: string;
let v1: V1Fixture;
let v2: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-migration-"));
  v1 = new V1Fixture(join(root, "v1"));
  v2 = join(root, "v2");
});
afterEach(() => rmSync(root, { recursive: true }));

const options = (given: Partial<MigrationOptions> = {}): MigrationOptions => ({
  v1Directory: v1.root,
  v2Directory: v2,
  clock: systemClock,
  random: systemRandom,
  command: "a test",
  ...given,
});
const migrate = (given: Partial<MigrationOptions> = {}) => migrateV1(options(given));
const verify = () => verifyV1Migration(options());

async function withCatalog<Result>(work: (catalog: Catalog) => Promise<Result>): Promise<Result> {
  const ids = new UuidV7Generator(systemClock, systemRandom);
  const catalog = await openCatalog({ path: join(v2, "catalog.db"), clock: systemClock, ids });
  try {
    return await work(catalog);
  } finally {
    await catalog.close();
  }
}

const tenantOf = (slug: string) => withCatalog(async ({ tenants }) => (await tenants.findBySlug(slug))!);

/** By the name of the collection in the database of a tenant. */
async function documentsOf(slug: string, name: string, keys: readonly string[]) {
  const offline = await OfflineDirectory.open({ directory: v2, ...options() });
  try {
    const { tenants, databases, collections } = offline.catalog;
    const tenant = await tenants.findBySlug(slug);
    const database = await databases.findByName(tenant!.id, "default");
    const record = await collections.findByName(database!.id, name);
    const { collection, close } = await offline.open(record!);
    const documents = keys.map((key) => collection.get(key, ["vector", "metadata"]));
    const { documentCount } = collection.stats();
    await close();
    return { documents: documents as readonly (Document | undefined)[], documentCount, record: record! };
  } finally {
    await offline.close();
  }
}

/** Everything below but the lock, which says who had it last. */
function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => name !== "LOCK" && statSync(join(directory, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [name, hashOf(readFileSync(join(directory, name)).toString("base64"))]),
  );
}

const logOf = (): readonly JsonObject[] =>
  readFileSync(join(v2, "migration.log"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (line.endsWith("}") ? JSON.parse(line) : undefined));

function writeSample(): void {
  v1.tenant("acme");
  v1.collection("acme", "docs", { hnsw: { m: 16, ef_construction: 100 } }, [
    { id: "a", vector: vectorOf(1), metadata: { lang: "en" } },
    { id: "0190AAAA-0000-4000-8000-000000000001", vector: vectorOf(2), metadata: null },
    { id: 17, vector: vectorOf(3), source: "crawl", metadata: { deep: { list: [1, null, "ß"] } } },
  ]);
  v1.tenant("beta", { tenant_id: "8f14e45f-ceea-467f-8b5a-1d3c2c9c1f11", status: "suspended" });
  v1.collection("beta", "images", { metric: "cosine" });
  v1.copy("tenants/beta/collections/images/part-1.parquet", parquetFixture("json-metadata"));
  v1.copy("tenants/beta/collections/images/part-2.parquet", parquetFixture("struct-metadata"));
}

describe("a migration from 1.x", () => {
  test("brings tenants with their quotas, metadata, times, database, admin and key", async () => {
    v1.tenant("acme", {
      quotas: {
        max_storage_bytes: 7,
        api_rate_limit_per_second: 9,
        max_vectors_per_collection: 1_000,
        max_collections: 10,
        max_concurrent_searches: 4,
      },
      metadata: {
        contact_email: "Ada@acme.example",
        billing_plan: "gold",
        organization: "Acme",
        custom: { region: "eu", seats: [1, 2] },
      },
    });
    v1.collection("acme", "docs");
    const { createdTenantCount, createdCollectionCount, verification } = await migrate();
    expect({ createdTenantCount, createdCollectionCount }).toEqual({
      createdTenantCount: 1,
      createdCollectionCount: 1,
    });
    expect(verification).toMatchObject({ tenantCount: 1, collectionCount: 1, findingCount: 0 });
    const tenant = await tenantOf("acme");
    const times = { createdAt: "2024-03-01T10:00:00.000Z", updatedAt: "2024-06-30T23:59:59.123Z" };
    expect(tenant).toEqual({
      id: expect.stringMatching(/^018df974-d500-7/),
      name: "acme",
      slug: "acme",
      externalId: null,
      status: "active",
      memoryQuotaBytes: 32 * 2 ** 30,
      storageQuotaBytes: 7,
      qpsQuota: 9,
      metadata: {
        contact_email: "Ada@acme.example",
        billing_plan: "gold",
        organization: "Acme",
        custom: { region: "eu", seats: [1, 2] },
        max_collections: 10,
        max_concurrent_searches: 4,
        legacy_tenant_id: `tenant_${hashOf("acme").slice(0, 32)}`,
      },
      ...times,
    });
    await withCatalog(async (catalog) => {
      const [database] = (await catalog.databases.list(tenant.id)).items;
      expect(database).toMatchObject({
        name: "default",
        description: "Auto-created during v1.x migration",
        state: "ready",
        schemaVersion: 1,
        ...times,
      });
      const [collection] = (await catalog.collections.list(database!.id)).items;
      expect(collection).toMatchObject({
        name: "docs",
        dimension: 16,
        metric: "l2",
        hnswM: 32,
        hnswEfConstruction: 200,
        maxDocumentCount: 1_000,
        ...times,
      });
      const [user] = (await catalog.users.list(tenant.id)).items;
      expect(user).toMatchObject({ email: "Ada@acme.example", role: "admin", status: "active", ...times });
      const parts = { catalog, clock: systemClock, anonymous: undefined, tokens: undefined as never };
      for (const headers of [{ xApiKey: keyOf("acme") }, { authorization: `Bearer ${keyOf("acme")}` }]) {
        expect(await authenticate(parts, readCredential(headers))).toMatchObject({
          principal: { kind: "api_key", tenantId: tenant.id, userId: user!.id, roles: ["admin"] },
        });
      }
      expect(
        (await catalog.auditLog.list({ tenantId: tenant.id })).items.map(({ action }) => action),
      ).toEqual(["collection::create", "user::create", "database::create", "tenant::create"]);
    });
    expect(verifyAuditLog({ path: join(v2, "catalog.db") }).problemCount).toBe(0);
  });

  test("has defaults for what a manifest does not say", async () => {
    const absent = { quotas: undefined, metadata: null, updated_at: undefined };
    v1.tenant("plain", absent);
    v1.tenant("keyless", { ...absent, api_key_hash: null });
    await migrate();
    const tenant = await tenantOf("plain");
    expect(tenant).toMatchObject({
      storageQuotaBytes: 100_000_000_000,
      qpsQuota: 200,
      metadata: { legacy_tenant_id: expect.any(String) },
      updatedAt: "2024-03-01T10:00:00.000Z",
    });
    const keyless = await tenantOf("keyless");
    await withCatalog(async ({ users, apiKeys }) => {
      expect((await users.list(tenant.id)).items).toMatchObject([{ email: "admin@plain.local" }]);
      expect((await users.list(keyless.id)).items).toEqual([]);
      expect((await apiKeys.list(keyless.id)).items).toEqual([]);
    });
  });

  test("brings every status; of what is deleted the rows, not the documents", async () => {
    const rows = [{ id: "a", vector: vectorOf(1) }];
    for (const status of ["active", "suspended", "deleted"]) {
      v1.tenant(`is-${status}`, { status });
      v1.collection(`is-${status}`, "docs", {}, rows);
    }
    const { plan } = await migrate();
    expect(plan.tenants.flatMap(({ collections }) => collections.map(({ action }) => action)).sort()).toEqual(
      ["create", "create", "deleted"],
    );
    const statuses = ["active", "suspended", "decommissioned"];
    for (const [index, status] of ["active", "suspended", "deleted"].entries()) {
      expect((await tenantOf(`is-${status}`)).status).toBe(statuses[index]);
    }
    expect(readdirSync(join(v2, "collections"))).toHaveLength(2);
    expect(await verify()).toMatchObject({ documentCount: 2, findingCount: 0 });
  });

  test("gives slugs in the order of making, and never the server's own", async () => {
    const names = ["Acme Corp.", "acme   corp", "ACME-corp", "Zürich & Söhne", "日本", "Default", "東京"];
    for (const [index, name] of names.entries()) {
      v1.tenant(`t${names.length - index}`, { name, created_at: `2024-03-0${index + 1}T00:00:00+02:00` });
    }
    const { plan } = await migrate();
    expect(plan.tenants.map(({ records }) => records.tenant.slug)).toEqual([
      "acme-corp",
      "acme-corp-1",
      "acme-corp-2",
      "z-rich-s-hne",
      "tenant",
      "default-1",
      "tenant-1",
    ]);
    await withCatalog(async ({ tenants }) => {
      const { items } = await tenants.list();
      expect(items.map(({ name }) => name)).toEqual(names);
      expect(items[0]!.createdAt).toBe("2024-02-29T22:00:00.000Z");
    });
    const db = await open({ path: v2 });
    await db.close();
    expect((await tenantOf("default")).metadata).toEqual({});
    expect(await verify()).toMatchObject({ tenantCount: 7, findingCount: 0 });
  });

  test("brings documents from JSONL and Parquet, with their vectors and metadata", async () => {
    writeSample();
    const { documentCount } = await migrate();
    expect(documentCount).toBe(9);
    const uuid = "0190aaaa-0000-4000-8000-000000000001";
    const { documents, record } = await documentsOf("acme", "docs", ["a", uuid, "17"]);
    expect(record).toMatchObject({ hnswM: 16, hnswEfConstruction: 100 });
    expect(documents).toMatchObject([
      { externalId: "a", vector: Float32Array.from(vectorOf(1)), metadata: { lang: "en" } },
      { id: uuid, vector: Float32Array.from(vectorOf(2)) },
      { externalId: "17", metadata: { deep: { list: [1, null, "ß"] }, source: "crawl" } },
    ]);
    const images = await documentsOf("beta", "images", ["doc-0", "doc-1", uuid]);
    expect(images.documentCount).toBe(6);
    expect(images.documents).toMatchObject([
      {
        vector: Float32Array.from({ length: 16 }, (_, i) => (i + 1) / 8),
        metadata: { n: 0, nested: { a: [1, "ä"] } },
      },
      { externalId: "doc-1" },
      { id: uuid, metadata: { n: 1, tags: ["x", "y"] } },
    ]);
    expect(images.documents[1]).not.toHaveProperty("metadata");
    expect(await verify()).toMatchObject({
      tenantCount: 2,
      collectionCount: 2,
      documentCount: 9,
      findingCount: 0,
    });
  });

  test("finds manifests and collections in any layout", async () => {
    const rows = [{ id: "a", vector: vectorOf(1) }];
    const flat = { tenant_id: `tenant_${"ab".repeat(16)}`, api_key_hash: null };
    v1.write("flat.json", JSON.stringify({ ...JSON.parse(manifestOf("flat")), ...flat }));
    v1.write("notes.json", "[1]");
    v1.write("README.txt", "1.x");
    v1.write("deep/er/acme.json", manifestOf("acme"));
    for (const path of [`data/tenant_${"AB".repeat(16)}`, "deep/er/acme"]) {
      v1.write(
        `${path}/collections/c/manifest.json`,
        JSON.stringify({ name: "c", dimension: 16, metric: "dot" }),
      );
      v1.write(`${path}/collections/c/x.ndjson`, `${JSON.stringify(rows[0])}\n\n`);
      v1.write(`${path}/collections/c/index.bin`, "1");
    }
    const { plan, documentCount } = await migrate();
    expect(documentCount).toBe(2);
    expect(plan.ignoredFiles).toEqual([
      "README.txt",
      `data/tenant_${"AB".repeat(16)}/collections/c/index.bin`,
      "deep/er/acme/collections/c/index.bin",
      "notes.json",
    ]);
  });

  test("leaves out what it is told to, and brings it later", async () => {
    writeSample();
    const acme = await migrate({ tenant: "acme", excludedCollections: ["docs"] });
    expect(acme).toMatchObject({ createdTenantCount: 1, createdCollectionCount: 0 });
    const all = await migrate();
    expect(all).toMatchObject({ createdTenantCount: 1, createdCollectionCount: 2, documentCount: 9 });
    expect(await verify()).toMatchObject({ documentCount: 9, findingCount: 0 });
    await expect(migrate({ tenant: "nobody" })).rejects.toMatchObject({ code: "not_found" });
  });

  test("changes nothing the second time", async () => {
    writeSample();
    await migrate();
    const before = contentsOf(v2);
    const again = await migrate();
    expect(again).toMatchObject({ createdTenantCount: 0, createdCollectionCount: 0, documentCount: 0 });
    expect(again.verification).toMatchObject({ tenantCount: 2, collectionCount: 2, findingCount: 0 });
    expect(contentsOf(v2)).toEqual(before);
  });

  test("leaves what was changed in v2, and verification says what that is", async () => {
    writeSample();
    await migrate();
    const { id } = await tenantOf("acme");
    await withCatalog(({ tenants }) => tenants.update(id, { name: "Acme 2" }));
    v1.collection("acme", "docs", {}, [
      { id: "a", vector: vectorOf(9), metadata: { lang: "de" } },
      { id: "new", vector: vectorOf(1) },
    ]);
    expect(await migrate()).toMatchObject({ createdTenantCount: 0, createdCollectionCount: 0 });
    const { findings, findingCount } = await verify();
    expect(findingCount).toBe(findings.length);
    const file = "tenants/acme/collections/docs";
    expect(findings.map(({ place, problem }) => `${place}: ${problem}`)).toEqual([
      'tenants/acme/manifest.json: name is "Acme 2" in v2, not "acme"',
      `${file}/manifest.json: hnsw.m is 16 in v2, not 32`,
      `${file}/manifest.json: hnsw.ef_construction is 100 in v2, not 200`,
      `${file}/vectors.jsonl: line 1: the vector differs in v2`,
      `${file}/vectors.jsonl: line 1: the metadata differ in v2`,
      `${file}/vectors.jsonl: line 2: document "new" is not in v2`,
      `${file}/manifest.json: number of documents is 3 in v2, not 2`,
    ]);
  });

  test("is planned without a trace, and the plan is that of the run", async () => {
    writeSample();
    const plan = await planV1Migration(options());
    expect(plan.documentCount).toBe(9);
    expect(readdirSync(root)).toEqual(["v1"]);
    const run = await migrate({ tenant: "acme" });
    const before = contentsOf(v2);
    const second = await planV1Migration(options());
    expect(contentsOf(v2)).toEqual(before);
    expect(second.plan.tenants.map(({ action }) => action)).toEqual(["exists", "create"]);
    expect(plan.plan.tenants.filter(({ records }) => records.tenant.slug === "acme")).toEqual(
      run.plan.tenants,
    );
    expect((await migrate()).plan).toEqual(second.plan);
  });

  test("adds to a data directory that is in use, and to none that a server has", async () => {
    writeSample();
    const db = await open({ path: v2 });
    await db.createCollection({ name: "mine", dimension: 16 });
    const busy = { code: "failed_precondition", message: expect.stringMatching(/in use by/) };
    await expect(migrate()).rejects.toMatchObject(busy);
    await expect(verify()).rejects.toMatchObject(busy);
    await expect(planV1Migration(options())).rejects.toMatchObject(busy);
    await db.close();
    await migrate();
    const again = await open({ path: v2 });
    expect(await again.getCollection("mine")).toMatchObject({ state: "ready" });
    await again.close();
  });

  test("keeps its steps in migration.log, behind a line that was cut off", async () => {
    writeSample();
    mkdirSync(v2);
    writeFileSync(join(v2, "migration.log"), '{"time": "2026');
    await migrate();
    const [cut, ...log] = logOf();
    expect(cut).toBeUndefined();
    expect(log.map(({ step }) => step)).toEqual([
      "begin",
      ...["load_collection", "load_collection"],
      ...["insert_tenant", "insert_collection", "insert_tenant", "insert_collection", "commit"],
      ...["name_collection", "name_collection", "done"],
    ]);
    expect(log[0]).toMatchObject({ tenants: 2, collections: 2, v1_data_dir: v1.root });
    expect(log.at(-1)).toMatchObject({ documents: 9, run: log[0]!["run"] });
  });
});

const manifestOf = (name: string): string => {
  const fixture = new V1Fixture(join(root, "scratch"));
  fixture.tenant(name);
  return readFileSync(join(fixture.root, `tenants/${name}/manifest.json`), "utf8");
};

describe("a fault", () => {
  const stepsOf = async (): Promise<readonly MigrationStep[]> => {
    const steps: MigrationStep[] = [];
    await migrate({ v2Directory: join(root, "elsewhere"), beforeStep: (step) => void steps.push(step) });
    return steps;
  };

  test("at any step leaves everything as it was, or brings everything", async () => {
    v1.tenant("acme");
    v1.collection("acme", "docs", {}, [{ id: "a", vector: vectorOf(1) }]);
    await (await open({ path: v2 })).close();
    const before = contentsOf(v2);
    const steps = await stepsOf();
    const commitAt = steps.findIndex(({ kind }) => kind === "commit");
    expect(new Set(steps.map(({ kind }) => kind)).size).toBe(6);
    for (const [at, { kind }] of steps.entries()) {
      let passed = 0;
      const failing = migrate({
        beforeStep: () => {
          if (passed++ === at) throw new Error(`fault at ${kind}`);
        },
      });
      if (at <= commitAt) {
        await expect(failing).rejects.toThrow(`fault at ${kind}`);
        const { "migration.log": _, ...after } = contentsOf(v2);
        expect(after, `${at} ${kind}`).toEqual(before);
        expect(logOf().slice(-2)).toMatchObject([
          { step: "failed", error: `fault at ${kind}` },
          { step: "rolled_back" },
        ]);
      } else {
        await expect(failing).rejects.toMatchObject({ code: "unavailable" });
        expect(await migrate()).toMatchObject({ createdTenantCount: 0, verification: { findingCount: 0 } });
        expect(await verify()).toMatchObject({ documentCount: 1, findingCount: 0 });
      }
    }
  });

  test("of a key that v2 has already is told before anything is written", async () => {
    writeSample();
    const db = await open({ path: v2 });
    await db.close();
    const { id } = await tenantOf("default");
    const keyHash = Buffer.from(hashOf(keyOf("acme")), "hex");
    await withCatalog(({ apiKeys }) =>
      apiKeys.create(id, { name: "x", role: "viewer", keyHash, prefix: "x" }),
    );
    await expect(migrate()).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ path: "tenants/acme/manifest.json: api_key_hash" }],
    });
    expect(readdirSync(v2)).not.toContain("migration.log");
  });
});

test("identifiers are UUIDs of version 7, the same for every run", async () => {
  writeSample();
  const { plan } = await planV1Migration(options({ random: new SeededRandom(1) }));
  for (const { records } of plan.tenants) {
    for (const id of [
      records.tenant.id,
      records.database.id,
      records.admin!.user.id,
      records.admin!.key.id,
    ]) {
      const bytes = idToBytes(id);
      expect(bytes[6]! >> 4).toBe(7);
      expect(bytes[8]! >> 6).toBe(2);
    }
  }
});
