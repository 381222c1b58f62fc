import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, SeededRandom, systemClock, UuidV7Generator } from "@akidb/base";
import { afterAll, expect, test } from "vitest";
import { fillAccessControl } from "./accessControl.test.support.ts";
import { verifyAuditLog } from "./adapters/verifyAuditLog.ts";
import { hashAuditEntry, hashUserId } from "./auditHash.ts";
import { autoInitialize } from "./autoInitialize.ts";
import { openCatalog } from "./openCatalog.ts";

/**
 * A catalog with a row in every table, as a version wrote it, for ever. If the schema changes, add another one. A missing
 * one is written by the test, which then fails so that it is looked at.
 */
const newestVersion = 7;
const goldenOf = (version: number): string =>
  fileURLToPath(new URL(`../fixtures/catalog-${version}.db`, import.meta.url));

const directory = mkdtempSync(join(tmpdir(), "akidb-golden-catalog-"));
afterAll(() => rmSync(directory, { recursive: true }));

const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2026, 0, 31) };
const open = (path: string) =>
  openCatalog({ path, clock, ids: new UuidV7Generator(clock, new SeededRandom(4)) });

async function write(path: string): Promise<void> {
  const catalog = await open(path);
  const { tenant, database } = await autoInitialize(catalog);
  const model = { name: "hashing", dimension: 16, fingerprint: "hashing/1/16" };
  await catalog.models.register({ ...model, provider: "hashing", maxTokens: null });
  const docs = await catalog.collections.create(database.id, {
    name: "docs",
    dimension: 16,
    textLanguage: "german",
    embeddingModel: model.name,
    modelFingerprint: model.fingerprint,
  });
  const to = { dimension: 32, embeddingModel: model.name, modelFingerprint: "hashing/1/32" };
  const { id } = await catalog.reembeddings.begin({ collectionId: docs.id, to });
  await catalog.reembeddings.flip(id, "2026-02-07T00:00:00.000Z");
  await fillAccessControl(catalog, tenant.id);
  await catalog.close();
}

test.each([
  [4, "none", null],
  [5, "german", null],
  [6, "german", "hashing/1/16"],
  [7, "german", "hashing/1/32"],
])(
  "a catalog of version %i is read, verified, and written on",
  async (version, textLanguage, modelFingerprint) => {
    const golden = goldenOf(version);
    if (!existsSync(golden)) {
      expect(version).toBe(newestVersion);
      await write(golden);
      expect.fail(`${golden} was missing and has been written: look at it, and commit it`);
    }
    const path = join(directory, `${version}.db`);
    copyFileSync(golden, path);
    const catalog = await open(path);
    expect(catalog.damagedRows).toEqual([]);
    expect(await catalog.schemaVersion()).toBe(newestVersion);
    const tenant = (await catalog.tenants.findBySlug("default"))!;
    const [database] = (await catalog.databases.list(tenant.id)).items;
    const { items: collections } = await catalog.collections.list(database!.id);
    expect(collections).toMatchObject([{ name: "docs", textLanguage, modelFingerprint }]);
    const { items: models } = await catalog.models.list();
    expect(models.map(({ fingerprint }) => fingerprint)).toEqual(modelFingerprint ? ["hashing/1/16"] : []);
    const [collection] = collections;
    expect(collection).toMatchObject({ generation: version < 7 ? 0 : 1 });
    const reembedded = await catalog.reembeddings.ofCollection(collection!.id);
    expect(reembedded.map(({ from }) => from.modelFingerprint)).toEqual(version < 7 ? [] : ["hashing/1/16"]);
    const user = (await catalog.users.findByEmail(tenant.id, "ADA@example.org"))!;
    expect(user).toMatchObject({ email: "ada@example.org", role: "admin", status: "active" });
    expect(await catalog.apiKeys.findByHash(Buffer.alloc(32, 1))).toMatchObject({
      name: "ci",
      userId: user.id,
    });
    expect((await catalog.policies.list(tenant.id)).items).toMatchObject([{ name: "all", enabled: true }]);
    expect((await catalog.collectionTiers.list()).items).toMatchObject([{ tier: "hot" }]);
    const next = { tokenHash: Buffer.alloc(32, 3), expiresAt: "2027-01-01T00:00:00.000Z" };
    expect(await catalog.sessions.rotate(Buffer.alloc(32, 2), next)).toMatchObject({ outcome: "rotated" });
    expect(verifyAuditLog({ path })).toMatchObject({ entryCount: 1, problems: [] });
    const { items } = await catalog.auditLog.list({ tenantId: tenant.id });
    await catalog.auditLog.append(items);
    expect(verifyAuditLog({ path })).toMatchObject({ entryCount: 2, problems: [] });
    await catalog.close();
  },
);

/** As another implementation (Python, hashlib) gives them. */
test("hashes of audit entries never change", () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const fields = {
    sequence: 7,
    id: new Uint8Array(16).fill(1),
    tenantId: new Uint8Array(16).fill(2),
    userHash: null,
    action: "collection::create",
    resourceType: "collection",
    resourceId: "docs",
    result: "allowed",
    reason: "é",
    metadata: "{}",
    ipAddress: null,
    userAgent: null,
    createdAt: "2026-01-31T00:00:00.000Z",
  };
  expect(hex(hashAuditEntry(new Uint8Array(32), fields))).toBe(
    "6136757ce0859d4b56d3cce2fa36f5115df8948c22ddaef3680ba83489ed4e71",
  );
  expect(hex(hashUserId(new Uint8Array(16).fill(3)))).toBe(
    "56a03c62ecdc158fa84126b68067be73ae4cf3758f5e215603a0cb076da83761",
  );
});
