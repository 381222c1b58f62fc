import { notFound, type TenantId } from "@akidb/base";
import {
  type Catalog,
  checkCollection,
  checkTenant,
  checkUser,
  firstFreeSlug,
  type TenantRecord,
} from "@akidb/catalog";
import { eachItem } from "@akidb/database";
import type { Problems } from "../source/problems.ts";
import { uuidOf } from "../source/readTenant.ts";
import type { V1Collection, V1Directory, V1Tenant } from "../source/v1Directory.ts";
import type {
  CollectionAction,
  MigrationPlan,
  MigrationScope,
  PlannedCollection,
  PlannedTenant,
} from "./migrationPlan.ts";
import { collectionRecord, type TenantRecords, tenantIdOf, tenantRecords } from "./tenantRecords.ts";

export interface PlanRequest {
  readonly source: V1Directory;
  /** Undefined where there is none yet. */
  readonly catalog: Catalog | undefined;
  readonly scope: MigrationScope;
  readonly problems: Problems;
}

/** The server makes it, and its admin is the server's: no tenant of 1.x may be taken for it. */
const reservedSlug = "default";

/**
 * What a migration would do to a catalog. Slugs are given out in the order of the tenants' making, among all of them, so
 * that a tenant gets the same one whether it is migrated alone or with the others.
 *
 * Rejects with `not_found` for the tenant of the scope. What is wrong otherwise is noted in `problems`.
 */
export async function makePlan({ source, catalog, scope, problems }: PlanRequest): Promise<MigrationPlan> {
  const existing = await readExisting(catalog);
  const taken = new Set([reservedSlug, ...existing.bySlug.keys()]);
  const tenants: PlannedTenant[] = [];
  for (const tenant of source.tenants) {
    const present = existing.byId.get(tenantIdOf(tenant));
    const slug = present?.slug ?? firstFreeSlug(tenant.name, taken);
    taken.add(slug);
    if (scope.tenant !== undefined && scope.tenant !== slug) continue;
    const records = tenantRecords(tenant, slug);
    if (present === undefined) await checkNew(tenant, { records, existing, catalog, problems });
    const collections: PlannedCollection[] = [];
    for (const collection of tenant.collections) {
      const isOfNewTenant = present === undefined;
      collections.push(
        await planCollection(collection, { tenant, records, isOfNewTenant, scope, catalog, problems }),
      );
    }
    tenants.push({
      source: tenant,
      action: present === undefined ? "create" : "exists",
      records,
      collections,
    });
  }
  if (scope.tenant !== undefined && tenants.length === 0) {
    throw notFound(`tenant "${scope.tenant}" of AkiDB 1.x`);
  }
  return { tenants, ignoredFiles: source.ignoredFiles };
}

interface ExistingTenants {
  readonly byId: ReadonlyMap<TenantId, TenantRecord>;
  readonly bySlug: ReadonlyMap<string, TenantRecord>;
  /** By the UUID of what they were in 1.x. */
  readonly byLegacyId: ReadonlyMap<string, TenantRecord>;
}

async function readExisting(catalog: Catalog | undefined): Promise<ExistingTenants> {
  const records: TenantRecord[] = [];
  if (catalog !== undefined) {
    for await (const record of eachItem((page) => catalog.tenants.list(page))) records.push(record);
  }
  const byLegacyId = records.flatMap((record): (readonly [string, TenantRecord])[] => {
    const { legacy_tenant_id: legacyId } = record.metadata;
    const uuid = typeof legacyId === "string" ? uuidOf(legacyId) : undefined;
    return uuid === undefined ? [] : [[uuid, record]];
  });
  return {
    byId: new Map(records.map((record) => [record.id, record])),
    bySlug: new Map(records.map((record) => [record.slug, record])),
    byLegacyId: new Map(byLegacyId),
  };
}

interface NewTenant {
  readonly records: TenantRecords;
  readonly existing: ExistingTenants;
  readonly catalog: Catalog | undefined;
  readonly problems: Problems;
}

/** By what a field of the catalog is called in a manifest. */
const manifestFields: Readonly<Record<string, string>> = {
  storage_quota_bytes: "quotas.max_storage_bytes",
  qps_quota: "quotas.api_rate_limit_per_second",
  email: "metadata.contact_email",
};

const inManifest = (path: string): string => manifestFields[path] ?? path;

async function checkNew(
  { file, uuid, keyHash }: V1Tenant,
  { records: { tenant, admin }, existing, catalog, problems }: NewTenant,
): Promise<void> {
  noteRefusal(() => checkTenant(tenant), file, problems);
  if (admin !== undefined) noteRefusal(() => checkUser(admin.user), file, problems);
  const migrated = existing.byLegacyId.get(uuid);
  if (migrated !== undefined) {
    const detail = `is another than when the tenant was migrated, as "${migrated.slug}"`;
    problems.add(file, "created_at", detail);
  }
  if (keyHash === undefined || catalog === undefined) return;
  if ((await catalog.apiKeys.findByHash(keyHash)) !== undefined) {
    problems.add(file, "api_key_hash", "is that of a key which the new data directory has already");
  }
}

function noteRefusal(check: () => void, file: string, problems: Problems): void {
  try {
    check();
  } catch (error) {
    problems.addError(file, error, inManifest);
  }
}

interface PlannedPlace {
  readonly tenant: V1Tenant;
  readonly records: TenantRecords;
  readonly isOfNewTenant: boolean;
  readonly scope: MigrationScope;
  readonly catalog: Catalog | undefined;
  readonly problems: Problems;
}

async function planCollection(source: V1Collection, place: PlannedPlace): Promise<PlannedCollection> {
  const { tenant, records, problems } = place;
  const record = collectionRecord(source, { tenant, database: records.database });
  const action = await collectionAction(source, { ...place, id: record.id });
  if (action === "create") {
    try {
      checkCollection(record);
    } catch (error) {
      const ofTenant = "max_doc_count";
      problems.addError(source.file, error, (path) =>
        path === ofTenant ? `max_vectors_per_collection of ${tenant.file}` : path,
      );
    }
  }
  return { source, action, record };
}

async function collectionAction(
  source: V1Collection,
  { tenant, records, isOfNewTenant, scope, catalog, problems, id }: PlannedPlace & { readonly id: string },
): Promise<CollectionAction> {
  if (scope.excludedCollections?.includes(source.name)) return "excluded";
  if (tenant.status === "deleted") return "deleted";
  if (isOfNewTenant || catalog === undefined) return "create";
  const present = await catalog.collections.findByName(records.database.id, source.name);
  if (present === undefined) return "create";
  if (present.id !== id) problems.add(source.file, "name", "is that of a collection which was made since");
  return "exists";
}
