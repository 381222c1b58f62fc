export type { MigrationOptions, MigrationProgress } from "./migrationOptions.ts";
export {
  type CollectionAction,
  collectionsToCreate,
  documentBytes,
  type MigrationPlan,
  type PlannedCollection,
  type PlannedTenant,
  type TenantAction,
  tenantsToCreate,
} from "./plan/migrationPlan.ts";
export { type MigrationResult, migrateV1 } from "./run/migrateV1.ts";
export type { MigrationStep } from "./run/migrationStep.ts";
export { type DryRun, planV1Migration } from "./run/planV1Migration.ts";
export type { Finding, VerificationFindings } from "./verify/findings.ts";
export { verifyV1Migration } from "./verify/verifyV1Migration.ts";
