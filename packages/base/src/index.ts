export { systemClock } from "./adapters/systemClock.ts";
export { systemRandom } from "./adapters/systemRandom.ts";
export type { AkiDb } from "./akiDb.ts";
export { AssertionError, assert, assertNever } from "./assert.ts";
export { type AuthMode, authModes, isLoopbackHost, requiresCredentials } from "./authMode.ts";
export type { Backup, BackupReport, StartBackupOptions } from "./backup.ts";
export type { CallOptions } from "./callOptions.ts";
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitState,
  type CircuitVerdict,
} from "./circuitBreaker.ts";
export { type Clock, formatTimestamp } from "./clock.ts";
export type { Collection } from "./collection.ts";
export type {
  CollectionInfo,
  CreateCollectionInput,
  HnswOptions,
  PayloadIndexInfo,
  RecallEstimate,
  TextIndexOptions,
  UpdateCollectionInput,
} from "./collectionInfo.ts";
export type {
  CountInput,
  DeleteManyInput,
  DeleteManyResult,
  Facet,
  FacetsInput,
  FacetsResult,
  GetManyInput,
  GetManyResult,
  ScrollInput,
  ScrollPage,
  ScrollPageInput,
} from "./contents.ts";
export type {
  ApiKeyInfo,
  ApiKeys,
  CreateApiKeyInput,
  CreatedApiKey,
  ListApiKeysInput,
} from "./controlPlane/apiKeys.ts";
export {
  type AuditFormat,
  type AuditLog,
  type AuditLogEntry,
  type AuditLogQuery,
  type AuditPosition,
  type AuditResult,
  type AuditVerification,
  auditFormats,
  auditResults,
} from "./controlPlane/auditLog.ts";
export {
  type Auth,
  type CallerInfo,
  type CallerPermissions,
  type ChangePasswordInput,
  type CollectionOperation,
  collectionOperations,
  type LoginInput,
  type PermissionsInput,
  type SessionTokens,
} from "./controlPlane/auth.ts";
export {
  type CreateDatabaseInput,
  type DatabaseInfo,
  type DatabaseState,
  type Databases,
  databaseStates,
  type UpdateDatabaseInput,
} from "./controlPlane/databases.ts";
export {
  type CircuitBreakerInfo,
  type DeadLetter,
  type DeadLetterOperation,
  type DeadLetterRetry,
  type DeadLetters,
  deadLetterOperations,
} from "./controlPlane/deadLetters.ts";
export {
  type CollectGarbageInput,
  type GarbageCollections,
  type GarbageItem,
  type GarbageKind,
  type GarbageReport,
  garbageKinds,
} from "./controlPlane/garbage.ts";
export {
  type Job,
  type JobKind,
  type JobState,
  type Jobs,
  jobKinds,
  jobStates,
} from "./controlPlane/jobs.ts";
export { type ModelInfo, type ModelState, type Models, modelStates } from "./controlPlane/models.ts";
export type {
  CreatePolicyInput,
  DraftPolicy,
  Policies,
  PolicyChange,
  PolicyFinding,
  PolicyInfo,
  PolicyPageRequest,
  PolicyValidation,
  ShippedPolicies,
  SimulatedDecision,
  SimulatedPrincipal,
  SimulatedResource,
  SimulationInput,
} from "./controlPlane/policies.ts";
export {
  type EmbeddedWith,
  type Reembedding,
  type ReembeddingInfo,
  type ReembeddingProgressState,
  reembeddingProgressStates,
  type StartReembeddingInput,
} from "./controlPlane/reembeddings.ts";
export {
  type CreateTenantInput,
  settableTenantStatuses,
  type TenantInfo,
  type TenantStatus,
  type Tenants,
  tenantStatuses,
  type UpdateTenantInput,
} from "./controlPlane/tenants.ts";
export type { BytesUsage, RequestUsage, Usage, UsageOptions } from "./controlPlane/usage.ts";
export {
  type CreateUserInput,
  type OfTenant,
  type UpdateUserInput,
  type UserInfo,
  type UserStatus,
  type Users,
  userStatuses,
} from "./controlPlane/users.ts";
export { type Deadline, deadlineAfter, noDeadline } from "./deadline.ts";
export {
  type ChunkBoundary,
  type Chunking,
  chunkBoundaries,
  type Document,
  type DocumentInput,
} from "./document.ts";
export { documentCharacters } from "./documentCharacters.ts";
export type { EmbedInput, EmbedResult } from "./embed.ts";
export { embedInBatches } from "./embedInBatches.ts";
export {
  AkiDbError,
  type AkiDbErrorOptions,
  alreadyExists,
  deadlineExceeded,
  describeViolation,
  type ErrorCode,
  errorCodes,
  type FieldViolation,
  failedPrecondition,
  invalidArgument,
  invalidArguments,
  invalidState,
  isAkiDbError,
  notFound,
  quotaExceeded,
  toAkiDbError,
  unavailable,
} from "./errors.ts";
export type {
  FileDamage,
  FoundDamage,
  PutAsideFile,
  Verification,
  VerificationReport,
} from "./fileDamage.ts";
export type { Filter, GeoPoint } from "./filter.ts";
export {
  type ApiKeyId,
  type AuditLogId,
  type CollectionId,
  type DatabaseId,
  type DeadLetterId,
  type DocumentId,
  type Id,
  type IdGenerator,
  idFromBytes,
  idToBytes,
  type ModelId,
  type PolicyId,
  parseId,
  type ReembeddingId,
  type SessionId,
  type SnapshotId,
  type TenantId,
  type UserId,
  UuidV7Generator,
} from "./ids.ts";
export { ingestDocuments } from "./ingestDocuments.ts";
export { isPlainObject } from "./isPlainObject.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { limits } from "./limits.ts";
export { mergePatch } from "./mergePatch.ts";
export { metadataAsJson } from "./metadataAsJson.ts";
export type { MetadataPath } from "./metadataFields.ts";
export type { MetadataPatch } from "./metadataPatch.ts";
export { type Metric, metrics, scoreToDistance } from "./metric.ts";
export { orAborted } from "./orAborted.ts";
export type { Page, PageRequest } from "./page.ts";
export type { DocumentChange, DocumentPatch, PatchedDocument, PatchResult } from "./patch.ts";
export { type PayloadFieldType, payloadFieldTypes } from "./payloadFieldType.ts";
export { type Quantization, quantizations } from "./quantization.ts";
export {
  type FilterCheck,
  type FilterCondition,
  type FilterExplanation,
  type FullTextExplanation,
  type FusionKind,
  fusionKinds,
  type GroupBy,
  type HighlightInput,
  type HybridInput,
  type Include,
  type Match,
  type MatchGroup,
  type MatchPart,
  type MatchParts,
  type QueryBatchItem,
  type QueryExample,
  type QueryExamples,
  type QueryExplanation,
  type QueryInput,
  type QueryParams,
  type QueryPlan,
  type QueryResult,
  type QueryStage,
  type RerankInput,
  type SegmentExplanation,
} from "./query.ts";
export { type Random, SeededRandom } from "./random.ts";
export { type Role, roles } from "./role.ts";
export { scrollDocuments } from "./scrollDocuments.ts";
export type { RestoreOptions, SnapshotDownload, SnapshotInfo, SnapshotList } from "./snapshot.ts";
export { type SnapshotLocation, snapshotLocations } from "./snapshotLocation.ts";
export { type SnapshotOrigin, snapshotOrigins } from "./snapshotOrigin.ts";
export { type StreamLine, splitLines } from "./splitLines.ts";
export { type SyncPolicy, syncPolicies } from "./syncPolicy.ts";
export { type TextLanguage, textLanguages } from "./textLanguage.ts";
export {
  type CollectionTier,
  type Tier,
  type TierAction,
  type TierChangeOptions,
  type TierMetrics,
  type TierUse,
  tierActions,
  tiers,
} from "./tier.ts";
export { type TieringPolicy, tieringPolicies } from "./tieringPolicy.ts";
export type {
  IngestFailure,
  IngestOptions,
  IngestProgress,
  UpsertItem,
  UpsertOptions,
  UpsertResult,
} from "./upsert.ts";
export { type UpsertTarget, upsertInBatches, upsertInto } from "./upsertInBatches.ts";
