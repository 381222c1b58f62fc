export {
  credentialKey,
  type PresentedCredential,
  readCredential,
  unauthenticated,
} from "@akidb/access";
export {
  type LockHolder,
  type MigrationStatus,
  readLockHolder,
  type VerifiedAuditLog,
} from "@akidb/catalog";
export {
  type EmbeddingProviderKind,
  embeddingProviderKinds,
  isModelName,
  modelFiles,
  neededFiles,
} from "@akidb/embedding";
export type { Identified } from "./access/accessControl.ts";
export type { AuditedDataPlane } from "./access/auditTrail.ts";
export { type Caller, ownProcess } from "./access/caller.ts";
export { hasData } from "./adapters/dataFiles.ts";
export { readOwnerProof } from "./adapters/ownerProof.ts";
export { type BackupOptions, backUp } from "./backup/backUp.ts";
export { type BackupListing, listBackups } from "./backup/listBackups.ts";
export { type BackupPlace, openBackupStore } from "./backup/openBackupStore.ts";
export {
  type BackupRemoval,
  type BackupRemovalReport,
  type BackupSelection,
  removeBackups,
} from "./backup/removeBackups.ts";
export { type BackupRestore, restoreBackup } from "./backup/restoreBackup.ts";
export type { Call } from "./call.ts";
export {
  type AuditExport,
  exportAuditLog,
  verifyAuditLogOf,
} from "./catalogFile/auditFile.ts";
export { migrateCatalog, readCatalogSchema, revertCatalog } from "./catalogFile/catalogSchema.ts";
export { collectionsOfModel } from "./catalogFile/collectionsOfModel.ts";
export type { DamagedCollection } from "./collections/damagedCollection.ts";
export { Database } from "./database.ts";
export type { DatabaseLimits } from "./databaseLimits.ts";
export type { EngineTuning } from "./engineTuning.ts";
export type { Log, LogEvent } from "./logEvent.ts";
export type { ObjectStoreOptions } from "./objectStore/objectStoreOptions.ts";
export {
  type OfflineCollection,
  OfflineDirectory,
  type OfflineDirectoryOptions,
} from "./offline/offlineDirectory.ts";
export { type OpenOptions, open } from "./open.ts";
export { type OpenDatabaseOptions, openDatabase } from "./openDatabase.ts";
export { type EmbeddingOptions, withModelDir } from "./openEmbedding.ts";
export type { Operation, Permission } from "./operation.ts";
export type { CollectionReference } from "./operations/getCollection.ts";
export { operations } from "./operations/operations.ts";
export type { QueryOperationInput } from "./operations/query.ts";
export type { QueryBatchInput } from "./operations/queryBatch.ts";
export type { UpsertDocumentsInput } from "./operations/upsertDocuments.ts";
export { probeEmbedding, probeObjectStore } from "./probes.ts";
export type { Admission } from "./quotas/requestRates.ts";
export type { ObjectStoreState, Readiness } from "./readiness.ts";
export { type AnsweredSearch, LeasedSearches } from "./sharing/leasedSearches.ts";
export type { SearchLease } from "./sharing/leaseSearch.ts";
export { SharedGeneration } from "./sharing/sharedGeneration.ts";
export type { DatabaseMeter } from "./telemetry/databaseMeter.ts";
export type { Gauges } from "./telemetry/gauges.ts";
export type { Span, SpanAttributes, Trace, Tracer } from "./telemetry/span.ts";
export { noTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
export { eachItem } from "./tenancy/eachItem.ts";
export { decideTiers, type TierRow } from "./tiers/decideTiers.ts";
export { defaultTierRules, type TierRules } from "./tiers/tierRules.ts";
export { type OfflineVerification, verifyOffline } from "./verify/verifyOffline.ts";
