import { isAkiDbError } from "@akidb/base";
import { type Catalog, type CollectionRecord, isSlugOf } from "@akidb/catalog";
import type { PlannedCollection, PlannedTenant } from "../plan/migrationPlan.ts";
import type { AdminRecords } from "../plan/tenantRecords.ts";
import type { Findings } from "./findings.ts";

export interface RowComparison {
  readonly catalog: Catalog;
  readonly findings: Findings;
}

/**
 * Compares a tenant's rows with what 1.x says: identifiers, slug, fields, and what refers to what.
 *
 * @returns the collections that are there, for their documents to be compared
 */
export async function compareRows(
  { source, records: { tenant, database, admin }, collections }: PlannedTenant,
  { catalog, findings }: RowComparison,
): Promise<readonly PlannedCollection[]> {
  const { file } = source;
  const found = await orUndefined(catalog.tenants.get(tenant.id));
  if (found === undefined) {
    findings.add(file, `tenant "${source.name}" (${tenant.id}) is not in v2`);
    return [];
  }
  findings.tenantCount += 1;
  findings.compare(file, {
    name: [found.name, tenant.name],
    status: [found.status, tenant.status],
    storage_quota_bytes: [found.storageQuotaBytes, tenant.storageQuotaBytes],
    qps_quota: [found.qpsQuota, tenant.qpsQuota],
    metadata: [found.metadata, tenant.metadata],
    created_at: [found.createdAt, tenant.createdAt],
  });
  if (!isSlugOf(source.name, found.slug)) {
    findings.add(file, `slug is "${found.slug}" in v2, which is not made of the name`);
  }
  const foundDatabase = await orUndefined(catalog.databases.get(database.id));
  if (foundDatabase === undefined) findings.add(file, `database "default" (${database.id}) is not in v2`);
  else {
    findings.compare(file, {
      "database's tenant": [foundDatabase.tenantId, tenant.id],
      "database's name": [foundDatabase.name, database.name],
      "database's state": [foundDatabase.state, database.state],
    });
  }
  if (admin !== undefined) await compareAdmin(file, admin, { catalog, findings });
  return await compareCollections(collections, { catalog, findings });
}

async function compareAdmin(
  file: string,
  { user, key, keyHash }: AdminRecords,
  { catalog, findings }: RowComparison,
): Promise<void> {
  const foundUser = await orUndefined(catalog.users.get(user.id));
  if (foundUser === undefined) findings.add(file, `user "${user.email}" (${user.id}) is not in v2`);
  else {
    findings.compare(file, {
      "user's tenant": [foundUser.tenantId, user.tenantId],
      "user's e-mail": [foundUser.email, user.email],
      "user's role": [foundUser.role, user.role],
    });
  }
  const foundKey = await catalog.apiKeys.findByHash(keyHash);
  if (foundKey === undefined) findings.add(file, "api_key_hash is of no key in v2");
  else {
    findings.compare(file, {
      "key's identifier": [foundKey.id, key.id],
      "key's tenant": [foundKey.tenantId, key.tenantId],
      "key's user": [foundKey.userId, key.userId],
      "key's revocation": [foundKey.revokedAt, null],
    });
  }
}

async function compareCollections(
  collections: readonly PlannedCollection[],
  { catalog, findings }: RowComparison,
): Promise<readonly PlannedCollection[]> {
  const present: PlannedCollection[] = [];
  for (const planned of collections) {
    const { source, record, action } = planned;
    if (action === "excluded" || action === "deleted") continue;
    const found = await orUndefined(catalog.collections.get(record.id));
    if (found === undefined) {
      findings.add(source.file, `collection "${record.name}" (${record.id}) is not in v2`);
      continue;
    }
    findings.collectionCount += 1;
    findings.compare(source.file, comparedFields(found, record));
    present.push(planned);
  }
  return present;
}

const comparedFields = (found: CollectionRecord, record: CollectionRecord) => ({
  "collection's database": [found.databaseId, record.databaseId] as const,
  name: [found.name, record.name] as const,
  dimension: [found.dimension, record.dimension] as const,
  metric: [found.metric, record.metric] as const,
  "hnsw.m": [found.hnswM, record.hnswM] as const,
  "hnsw.ef_construction": [found.hnswEfConstruction, record.hnswEfConstruction] as const,
  max_doc_count: [found.maxDocumentCount, record.maxDocumentCount] as const,
  created_at: [found.createdAt, record.createdAt] as const,
});

async function orUndefined<Found>(finding: Promise<Found>): Promise<Found | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}
