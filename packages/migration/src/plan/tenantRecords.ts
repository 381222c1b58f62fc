import type { ApiKeyId, CollectionId, DatabaseId, JsonObject, TenantId, UserId } from "@akidb/base";
import type {
  ApiKeyRecord,
  CollectionRecord,
  DatabaseRecord,
  TenantRecord,
  TenantStatus,
  UserRecord,
} from "@akidb/catalog";
import type { V1Collection, V1Status, V1Tenant } from "../source/v1Directory.ts";
import { derivedId } from "./derivedId.ts";

const GiB = 1024 ** 3;

/** Of a tenant whose manifest has no quota: what 1.x gave it. */
const storageQuotaBytesDefault = 100_000_000_000;

const statusOf: Readonly<Record<V1Status, TenantStatus>> = {
  active: "active",
  suspended: "suspended",
  deleted: "decommissioned",
};

/** What a tenant of 1.x is in the catalog, without its collections. */
export interface TenantRecords {
  readonly tenant: TenantRecord;
  readonly database: DatabaseRecord;
  /** Undefined where it had no key. */
  readonly admin: AdminRecords | undefined;
}

export interface AdminRecords {
  readonly user: UserRecord;
  readonly key: ApiKeyRecord;
  readonly keyHash: Uint8Array;
}

export const tenantIdOf = ({ createdAt, uuid }: V1Tenant): TenantId => derivedId("tenant", createdAt, [uuid]);

export function tenantRecords(source: V1Tenant, slug: string): TenantRecords {
  const { uuid, createdAt, updatedAt, quotas } = source;
  const times = { createdAt, updatedAt };
  const tenant: TenantRecord = {
    id: tenantIdOf(source),
    name: source.name,
    slug,
    externalId: null,
    status: statusOf[source.status],
    memoryQuotaBytes: 32 * GiB,
    storageQuotaBytes: quotas.maxStorageBytes ?? storageQuotaBytesDefault,
    qpsQuota: quotas.apiRateLimitPerSecond ?? 200,
    metadata: metadataOf(source),
    ...times,
  };
  const database: DatabaseRecord = {
    id: derivedId<"database">("database", createdAt, [uuid]) satisfies DatabaseId,
    tenantId: tenant.id,
    name: "default",
    description: "Auto-created during v1.x migration",
    state: "ready",
    schemaVersion: 1,
    ...times,
  };
  return { tenant, database, admin: adminRecords(source, tenant) };
}

function metadataOf({ legacyId, metadata, quotas }: V1Tenant): JsonObject {
  const { maxCollections, maxConcurrentSearches } = quotas;
  return {
    ...metadata,
    ...(maxCollections !== undefined && { max_collections: maxCollections }),
    ...(maxConcurrentSearches !== undefined && { max_concurrent_searches: maxConcurrentSearches }),
    legacy_tenant_id: legacyId,
  };
}

function adminRecords(source: V1Tenant, tenant: TenantRecord): AdminRecords | undefined {
  const { uuid, keyHash, contactEmail, createdAt, updatedAt } = source;
  if (keyHash === undefined) return undefined;
  const of = { tenantId: tenant.id, createdAt, updatedAt };
  const user: UserRecord = {
    id: derivedId<"user">("user", createdAt, [uuid]) satisfies UserId,
    email: contactEmail ?? `admin@${domainLabelOf(tenant.slug)}.local`,
    role: "admin",
    status: "active",
    lastLoginAt: null,
    ...of,
  };
  const key: ApiKeyRecord = {
    id: derivedId<"api key">("api key", createdAt, [uuid]) satisfies ApiKeyId,
    userId: user.id,
    name: "AkiDB 1.x",
    // Of the key itself nobody knows the first characters.
    prefix: `sha256:${Buffer.from(keyHash).toString("hex").slice(0, 8)}`,
    role: null,
    databases: null,
    collections: null,
    readOnly: false,
    filter: null,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...of,
  };
  return { user, key, keyHash };
}

/** RFC 1035, 2.3.4: a part of a domain has at most 63 characters. */
const domainLabelOf = (slug: string): string => slug.slice(0, 63).replace(/-$/, "");

export function collectionRecord(
  source: V1Collection,
  {
    tenant: { uuid, quotas, ...tenant },
    database,
  }: { readonly tenant: V1Tenant; readonly database: DatabaseRecord },
): CollectionRecord {
  const createdAt = source.createdAt ?? tenant.createdAt;
  return {
    id: derivedId<"collection">("collection", createdAt, [uuid, source.name]) satisfies CollectionId,
    databaseId: database.id,
    name: source.name,
    dimension: source.dimension,
    metric: source.metric,
    embeddingModel: null,
    modelFingerprint: null,
    generation: 0,
    hnswM: source.hnswM ?? 32,
    hnswEfConstruction: source.hnswEfConstruction ?? 200,
    maxDocumentCount: quotas.maxVectorsPerCollection ?? 50_000_000,
    tieringPolicy: "memory",
    replicaFactor: 1,
    walRetentionSeconds: 604_800,
    syncPolicy: "continuous",
    quantization: "int8",
    payloadIndexes: {},
    textLanguage: "none",
    createdAt,
    updatedAt: source.updatedAt ?? source.createdAt ?? tenant.updatedAt,
  };
}
