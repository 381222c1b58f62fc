import type { UserId } from "@akidb/base";
import { type ApiKeyId, type CollectionId, type DatabaseId, parseId, type TenantId } from "@akidb/base";
import { describe, expect, test } from "vitest";
import type { CatalogUnderTest } from "./accessControl.contract.ts";
import type { ApiKeyRecord } from "./apiKey.ts";
import { expectRefusal } from "./catalogChecks.contract.ts";
import type { CollectionRecord } from "./collection.ts";
import { type DatabaseRecord, databaseStates } from "./database.ts";
import { type TenantRecord, tenantStatuses } from "./tenant.ts";
import type { UserRecord } from "./user.ts";

const times = { createdAt: "2024-02-29T23:59:59.999Z", updatedAt: "2025-01-01T00:00:00.000Z" };
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
const keyHash = Buffer.alloc(32, 7);
const idOf = <Id extends string>(last: number): Id =>
  parseId(`018df7a0-0000-7000-8000-00000000000${last}`)! as string as Id;

const tenant: TenantRecord = {
  id: idOf<TenantId>(1),
  name: "Acme",
  slug: "acme",
  externalId: null,
  status: "active",
  memoryQuotaBytes: 1,
  storageQuotaBytes: 2,
  qpsQuota: 3,
  metadata: { legacy: true },
  ...times,
};
const database: DatabaseRecord = {
  id: idOf<DatabaseId>(2),
  tenantId: tenant.id,
  name: "main",
  description: "what it was",
  state: "ready",
  schemaVersion: 1,
  ...times,
};
const collection: CollectionRecord = {
  id: idOf<CollectionId>(3),
  databaseId: database.id,
  name: "docs",
  dimension: 64,
  metric: "l2",
  embeddingModel: null,
  modelFingerprint: null,
  generation: 0,
  hnswM: 16,
  hnswEfConstruction: 100,
  maxDocumentCount: 1_000,
  tieringPolicy: "memory",
  replicaFactor: 1,
  walRetentionSeconds: 0,
  syncPolicy: "manual",
  quantization: "none",
  payloadIndexes: {},
  textLanguage: "none",
  ...times,
};
const user: UserRecord = {
  id: idOf<UserId>(4),
  tenantId: tenant.id,
  email: "ada@example.org",
  role: "admin",
  status: "active",
  lastLoginAt: null,
  ...times,
};
const key: ApiKeyRecord = {
  id: idOf<ApiKeyId>(5),
  tenantId: tenant.id,
  userId: user.id,
  name: "old",
  prefix: "old-",
  role: null,
  databases: null,
  collections: null,
  readOnly: false,
  filter: null,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  ...times,
};

/** Rows of another system, as every implementation of the catalog takes them over. */
export function checkRowImport(current: () => CatalogUnderTest): void {
  describe("an import of rows", () => {
    test("keeps identifiers, states and times", async () => {
      const { catalog } = current();
      const result = await catalog.importRows(async ({ rows }) => {
        await rows.tenant(tenant);
        await rows.database(database);
        await rows.collection(collection);
        await rows.user(user, passwordHash);
        await rows.apiKey(key, keyHash);
        return 17;
      });
      expect(result).toBe(17);
      expect(await catalog.tenants.get(tenant.id)).toEqual(tenant);
      expect(await catalog.databases.get(database.id)).toEqual(database);
      expect(await catalog.collections.get(collection.id)).toEqual(collection);
      expect(await catalog.users.get(user.id)).toEqual(user);
      expect(await catalog.users.findCredentials(tenant.id, user.email)).toEqual({ user, passwordHash });
      expect(await catalog.apiKeys.findByHash(keyHash)).toEqual(key);
      expect(await catalog.collectionTiers.get(collection.id)).toMatchObject({ tier: "hot" });
    });

    test.each(tenantStatuses)("brings a tenant to the status %s", async (status) => {
      const { catalog } = current();
      await catalog.importRows(({ rows }) => rows.tenant({ ...tenant, status }));
      expect(await catalog.tenants.get(tenant.id)).toEqual({ ...tenant, status });
    });

    test.each(databaseStates)("brings a database to the state %s", async (state) => {
      const { catalog } = current();
      await catalog.importRows(async ({ rows }) => {
        await rows.tenant(tenant);
        await rows.database({ ...database, state });
      });
      expect(await catalog.databases.get(database.id)).toEqual({ ...database, state });
    });

    test("is all or nothing", async () => {
      const { catalog } = current();
      const failed = catalog.importRows(async ({ rows }) => {
        await rows.tenant(tenant);
        await rows.database({ ...database, name: "" });
      });
      await expectRefusal(failed, "invalid_argument", ["name"]);
      await expectRefusal(catalog.tenants.get(tenant.id), "not_found");
    });

    test("refuses what is there, what belongs to nothing, and times of another form", async () => {
      const { catalog } = current();
      const importing = (work: Parameters<typeof catalog.importRows>[0]) => catalog.importRows(work);
      await importing(({ rows }) => rows.tenant(tenant));
      const other = { ...tenant, id: idOf<TenantId>(9) };
      await expectRefusal(
        importing(({ rows }) => rows.tenant(other)),
        "already_exists",
        ["slug"],
      );
      const stray = { ...database, tenantId: other.id };
      await expectRefusal(
        importing(({ rows }) => rows.database(stray)),
        "not_found",
      );
      const local = { ...database, createdAt: "2025-01-01T00:00:00+01:00" };
      await expectRefusal(
        importing(({ rows }) => rows.database(local)),
        "invalid_argument",
        ["created_at"],
      );
    });
  });
}
