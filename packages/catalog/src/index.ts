export { checkDataVersion, dataVersion, findVersionProblem } from "./adapters/checkDataVersion.ts";
export { DeadLetterFile, deadLetterFileName, type FoundDeadLetters } from "./adapters/deadLetterFile.ts";
export { type DataDirectoryLock, lockDataDirectory } from "./adapters/lockDataDirectory.ts";
export type { LockHolder } from "./adapters/lockHolder.ts";
export { readLockHolder } from "./adapters/readLockHolder.ts";
export { type AuditLogVerification, verifyAuditLog } from "./adapters/verifyAuditLog.ts";
export { type VerifiedCatalogFile, verifyCatalogFile } from "./adapters/verifyCatalogFile.ts";
export { type VerifiedDeadLetterFile, verifyDeadLetterFile } from "./adapters/verifyDeadLetterFile.ts";
export type { ApiKeyAttributes, ApiKeyRecord, ApiKeyRepository, ApiKeyScope, NewApiKey } from "./apiKey.ts";
export { auditCsvHeader, auditEntries, toAuditCsvLine, toAuditJsonLine } from "./auditExport.ts";
export type {
  AuditEntry,
  AuditLogRepository,
  AuditQuery,
  NewAuditEntry,
} from "./auditLog.ts";
export type { AuditProblem, VerifiedAuditLog } from "./auditVerification.ts";
export { autoInitialize, type DefaultPlace } from "./autoInitialize.ts";
export type {
  Catalog,
  CatalogImage,
  ImportingRepositories,
  MigrationStatus,
  Repositories,
} from "./catalog.ts";
export { catalogLimits } from "./catalogLimits.ts";
export { checkCollection } from "./checkCollection.ts";
export { checkEmail } from "./checkEmail.ts";
export { checkTenant } from "./checkTenant.ts";
export { checkUser } from "./checkUser.ts";
export type {
  CollectionAttributes,
  CollectionRecord,
  CollectionRepository,
  CollectionShape,
  NewCollection,
} from "./collection.ts";
export type {
  CollectionTierAttributes,
  CollectionTierRecord,
  CollectionTierRepository,
} from "./collectionTier.ts";
export {
  type DatabaseAttributes,
  type DatabaseRecord,
  type DatabaseRepository,
  type DatabaseState,
  databaseStates,
  type NewDatabase,
} from "./database.ts";
export type { DeadLetterSubject, StoredDeadLetter } from "./deadLetter.ts";
export { firstFreeSlug, isSlugOf } from "./firstFreeSlug.ts";
export type { ModelAttributes, ModelRecord, ModelRepository } from "./model.ts";
export { type CatalogOptions, openCatalog } from "./openCatalog.ts";
export { checkPageRequest, encodeCursor } from "./pageCursor.ts";
export type { NewPolicy, PolicyAttributes, PolicyRecord, PolicyRepository } from "./policy.ts";
export {
  type Generation,
  type NewReembedding,
  type ReembeddingChanges,
  type ReembeddingRecord,
  type ReembeddingRepository,
  type ReembeddingState,
  reembeddingStates,
} from "./reembedding.ts";
export { type Role, roles } from "./role.ts";
export type { RowImport } from "./rowImport.ts";
export type {
  NewSession,
  RefreshToken,
  Rotation,
  SessionRecord,
  SessionRepository,
} from "./session.ts";
export { catalogImageOfFiles, catalogImageWithout } from "./sqlite/catalogImage.ts";
export type { DamagedRow } from "./sqlite/checksummedRows.ts";
export type { StateMachine } from "./stateMachine.ts";
export {
  type NewTenant,
  type TenantAttributes,
  type TenantRecord,
  type TenantRepository,
  type TenantStatus,
  tenantStatuses,
} from "./tenant.ts";
export {
  type NewUser,
  type UserAttributes,
  type UserCredentials,
  type UserRecord,
  type UserRepository,
  type UserStatus,
  userStatuses,
} from "./user.ts";
