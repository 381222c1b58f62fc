import { unusablePasswordHash } from "@akidb/access";
import type { Random, TenantId } from "@akidb/base";
import type { ImportingRepositories, NewAuditEntry } from "@akidb/catalog";
import type { MigrationPlan, PlannedTenant } from "../plan/migrationPlan.ts";
import { inFile } from "../source/problems.ts";
import type { BeforeStep } from "./migrationStep.ts";

export interface PlanImport {
  readonly plan: MigrationPlan;
  readonly random: Random;
  readonly beforeStep: BeforeStep;
}

/** All rows of a plan, with an entry in the audit log for each thing that is made. Part of one transaction. */
export async function importPlan(
  repositories: ImportingRepositories,
  { plan, random, beforeStep }: PlanImport,
): Promise<void> {
  const entries: NewAuditEntry[] = [];
  for (const planned of plan.tenants) {
    const { tenant } = planned.records;
    if (planned.action === "create") {
      await beforeStep({ kind: "insert_tenant", tenant: tenant.slug });
      entries.push(...(await naming(planned.source.file, () => importTenant(repositories, planned, random))));
    }
    for (const { source, record, action } of planned.collections) {
      if (action !== "create") continue;
      await beforeStep({ kind: "insert_collection", tenant: tenant.slug, collection: record.name });
      await naming(source.file, () => repositories.rows.collection(record));
      entries.push(made("collection", record.id, tenant.id));
    }
  }
  if (entries.length > 0) await repositories.auditLog.append(entries);
}

async function importTenant(
  { rows }: ImportingRepositories,
  { records: { tenant, database, admin } }: PlannedTenant,
  random: Random,
): Promise<readonly NewAuditEntry[]> {
  await rows.tenant(tenant);
  await rows.database(database);
  const entries = [made("tenant", tenant.id, tenant.id), made("database", database.id, tenant.id)];
  if (admin === undefined) return entries;
  await rows.user(admin.user, unusablePasswordHash(random));
  await rows.apiKey(admin.key, admin.keyHash);
  return [...entries, made("user", admin.user.id, tenant.id)];
}

async function naming<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw inFile(file, error);
  }
}

const made = (resourceType: string, resourceId: string, tenantId: TenantId): NewAuditEntry => ({
  tenantId,
  userId: null,
  action: `${resourceType}::create`,
  resourceType,
  resourceId,
  result: "allowed",
  reason: null,
  metadata: { source: "migration from AkiDB 1.x" },
  ipAddress: null,
  userAgent: null,
});
