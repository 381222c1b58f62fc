import {
  collectionsToCreate,
  documentBytes,
  type MigrationPlan,
  type PlannedTenant,
  tenantsToCreate,
  type VerificationFindings,
} from "@akidb/migration";

export interface MigrationOutcome {
  readonly plan: MigrationPlan;
  readonly documentCount: number;
  /** Undefined for a dry run. */
  readonly verification: VerificationFindings | undefined;
  readonly durationMs: number;
}

/** What is counted as created would be, in a dry run. */
export const outcomeToJson = ({ plan, documentCount, verification, durationMs }: MigrationOutcome) => ({
  dry_run: verification === undefined,
  created: {
    tenants: tenantsToCreate(plan).length,
    collections: collectionsToCreate(plan).length,
    documents: documentCount,
  },
  plan: { tenants: plan.tenants.map(tenantToJson), ignored_files: plan.ignoredFiles },
  verification: verification === undefined ? null : findingsToJson(verification),
  duration_ms: Math.round(durationMs),
});

const tenantToJson = ({ source, action, records: { tenant }, collections }: PlannedTenant) => ({
  action,
  tenant_id: tenant.id,
  legacy_tenant_id: source.legacyId,
  name: tenant.name,
  slug: tenant.slug,
  status: tenant.status,
  file: source.file,
  collections: collections.map((collection) => ({
    action: collection.action,
    collection_id: collection.record.id,
    name: collection.record.name,
    dimension: collection.record.dimension,
    metric: collection.record.metric,
    bytes: documentBytes([collection]),
    file: collection.source.file,
  })),
});

export const findingsToJson = (verification: VerificationFindings) => ({
  tenants: verification.tenantCount,
  collections: verification.collectionCount,
  documents: verification.documentCount,
  finding_count: verification.findingCount,
  findings: verification.findings,
});
