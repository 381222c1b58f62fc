export {
  ApiKeyList,
  ApiKeyPath,
  ApiKeyResource,
  apiKeyFromWire,
  apiKeyListFromWire,
  apiKeyListToWire,
  apiKeyToWire,
  CreateApiKeyBody,
  CreatedApiKeyResource,
  createApiKeyFromWire,
  createApiKeyToWire,
  createdApiKeyFromWire,
  createdApiKeyToWire,
  ListApiKeysQuery,
} from "./apiKey.ts";
export {
  AuditExportQuery,
  AuditFile,
  AuditLogList,
  AuditLogPageQuery,
  AuditVerificationResource,
  auditExportContentTypes,
  auditLogEntryToWire,
  auditLogListFromWire,
  auditLogListToWire,
  auditLogQueryFromWire,
  auditLogQueryToWire,
  auditVerificationFromWire,
  auditVerificationToWire,
  VerifyAuditLogBody,
} from "./auditLog.ts";
export {
  CallerResource,
  ChangePasswordBody,
  callerFromWire,
  callerToWire,
  changePasswordFromWire,
  changePasswordToWire,
  LoginBody,
  loginToWire,
  PermissionsQuery,
  PermissionsResource,
  permissionsToWire,
  RefreshBody,
  SessionTokensResource,
  sessionTokensFromWire,
  sessionTokensToWire,
} from "./auth.ts";
export {
  BackupPath,
  type BackupReportBody,
  BackupResource,
  backupFromWire,
  backupReportToWire,
  backupToWire,
  StartBackupBody,
  startBackupFromWire,
  startBackupToWire,
} from "./backup.ts";
export {
  CollectionList,
  CollectionResource,
  CreateCollectionBody,
  collectionFromWire,
  collectionListFromWire,
  collectionListToWire,
  collectionToWire,
  createCollectionFromWire,
  createCollectionToWire,
  PageQuery,
  UpdateCollectionBody,
  updateCollectionFromWire,
  updateCollectionToWire,
} from "./collection.ts";
export { CountBody, CountResponse, countToWire } from "./count.ts";
export {
  CreateDatabaseBody,
  createDatabaseFields,
  DatabaseList,
  DatabaseResource,
  databaseFromWire,
  databaseListFromWire,
  databaseListToWire,
  databaseToWire,
  UpdateDatabaseBody,
  updateDatabaseFields,
} from "./database.ts";
export {
  CircuitBreakerList,
  circuitBreakersFromWire,
  circuitBreakersToWire,
  DeadLetterCollectionPath,
  DeadLetterList,
  DeadLetterResource,
  DeadLetterRetryResource,
  deadLetterListFromWire,
  deadLetterListToWire,
  deadLetterRetryFromWire,
  deadLetterRetryToWire,
  deadLetterToWire,
} from "./deadLetter.ts";
export { definedFields } from "./definedFields.ts";
export {
  DocumentBody,
  DocumentQuery,
  DocumentResource,
  documentAtPathFromWire,
  documentFromWire,
  documentInputFromWire,
  documentToWire,
} from "./document.ts";
export {
  EmbedBody,
  EmbedResponse,
  embedFromWire,
  embedResultFromWire,
  embedResultToWire,
  embedToWire,
} from "./embed.ts";
export { errorBodyFrom, LineError } from "./errorBody.ts";
export { type ErrorMapping, errorMapping } from "./errorMapping.ts";
export {
  FacetsBody,
  FacetsResponse,
  facetsResultFromWire,
  facetsResultToWire,
  facetsToWire,
} from "./facets.ts";
export {
  CollectGarbageBody,
  collectGarbageFromWire,
  collectGarbageToWire,
  GarbageReportResource,
  garbageReportFromWire,
  garbageReportToWire,
} from "./garbage.ts";
export { HealthResponse, ReadinessResponse, type ReadinessStatus } from "./health.ts";
export { JobPath, JobResource, jobFromWire, jobToWire } from "./job.ts";
export { type JsonRpcError, jsonRpcErrorFrom, jsonRpcParseError } from "./jsonRpcError.ts";
export { roundedMs } from "./latency.ts";
export {
  DeleteManyBody,
  DeleteManyResponse,
  deleteManyResultFromWire,
  deleteManyResultToWire,
  deleteManyToWire,
  GetManyBody,
  GetManyResponse,
  getManyResultFromWire,
  getManyResultToWire,
  getManyToWire,
} from "./manyDocuments.ts";
export {
  ModelList,
  ModelPath,
  ModelResource,
  modelFromWire,
  modelListFromWire,
  modelListToWire,
  modelToWire,
} from "./model.ts";
export { NoContent } from "./noContent.ts";
export {
  inOpenAiNames,
  OpenAiEmbeddings,
  OpenAiEmbeddingsBody,
  OpenAiError,
  OpenAiModel,
  OpenAiModelList,
  OpenAiModelPath,
  openAiEmbeddingsFromWire,
  openAiEmbeddingsToWire,
  openAiErrorFrom,
  openAiModelToWire,
} from "./openAi.ts";
export { OpenApiDocument } from "./openApiDocument.ts";
export { ownerHeader } from "./ownerHeader.ts";
export {
  changeFromWire,
  changeToWire,
  mergePatchContentType,
  PatchBody,
  PatchManyBody,
  PatchManyResponse,
  PatchResponse,
  patchManyFromWire,
  patchManyToWire,
  patchResultFromWire,
  patchResultToWire,
} from "./patch.ts";
export { CollectionPath, DatabasePath, DocumentPath } from "./pathParameters.ts";
export {
  CreatePolicyBody,
  createPolicyFromWire,
  createPolicyToWire,
  PolicyList,
  PolicyPageQuery,
  PolicyPath,
  PolicyResource,
  policyChangeFromWire,
  policyChangeToWire,
  policyFromWire,
  policyListFromWire,
  policyListToWire,
  policyToWire,
  policyValidationFromWire,
  policyValidationToWire,
  ShippedPolicyList,
  shippedPoliciesFromWire,
  shippedPoliciesToWire,
  UpdatePolicyBody,
  ValidatePolicyBody,
  ValidatePolicyResponse,
} from "./policies.ts";
export {
  errorFromProblem,
  type HttpRefusal,
  Problem,
  problemContentType,
  problemFromError,
  retryAfterSeconds,
} from "./problem.ts";
export { QueryBody, queryFromWire, queryToWire } from "./query.ts";
export {
  QueryBatchBody,
  QueryBatchResponse,
  type QueryOrError,
  queryBatchFromWire,
  queryBatchItemsFromWire,
  queryBatchItemsToWire,
  queryBatchToWire,
} from "./queryBatch.ts";
export { explanationFromWire, explanationToWire, QueryExplanationBody } from "./queryExplanation.ts";
export { QueryResponse, queryResultFromWire, queryResultToWire } from "./queryResult.ts";
export {
  ReembeddingResource,
  reembeddingFromWire,
  reembeddingToWire,
  StartReembeddingBody,
  startReembeddingToWire,
} from "./reembedding.ts";
export { RefusedUpsert, refusedUpsertToWire, upsertResultFromRefusal } from "./refusedUpsert.ts";
export {
  DocumentLines,
  ScrollBody,
  ScrollResponse,
  scrollPageFromWire,
  scrollPageToWire,
  scrollToWire,
} from "./scroll.ts";
export {
  SimulatePoliciesBody,
  SimulatePoliciesResponse,
  simulatedDecisionToWire,
  simulationFromWire,
  simulationToWire,
} from "./simulation.ts";
export {
  CreateSnapshotBody,
  createSnapshotToWire,
  ParquetFile,
  parquetContentType,
  RestoreSnapshotBody,
  restoreSnapshotFromWire,
  restoreSnapshotToWire,
  SnapshotList,
  SnapshotPath,
  SnapshotResource,
  snapshotFromWire,
  snapshotListFromWire,
  snapshotListToWire,
  snapshotToWire,
} from "./snapshot.ts";
export {
  CreateTenantBody,
  createTenantFromWire,
  createTenantToWire,
  TenantList,
  TenantPath,
  TenantResource,
  tenantFromWire,
  tenantListFromWire,
  tenantListToWire,
  tenantToWire,
  UpdateTenantBody,
  updateTenantFromWire,
  updateTenantToWire,
} from "./tenant.ts";
export {
  ChangeTierBody,
  changeTierToWire,
  TierMetricsResource,
  TierResource,
  tierFromWire,
  tierMetricsFromWire,
  tierMetricsToWire,
  tierToWire,
} from "./tier.ts";
export {
  InsertResponse,
  ndjsonContentType,
  StreamLines,
  StreamResponse,
  UpsertBody,
  UpsertOrStreamResponse,
  type UpsertRequest,
  UpsertResponse,
  upsertFromWire,
  upsertResultFromWire,
  upsertResultToWire,
  upsertToWire,
} from "./upsert.ts";
export { UsageQuery, UsageResource, usageFromWire, usageToWire } from "./usage.ts";
export {
  CreateUserBody,
  createUserToWire,
  OfTenantQuery,
  PageOfTenantQuery,
  UpdateUserBody,
  UserList,
  UserPath,
  UserResource,
  updateUserToWire,
  userFromWire,
  userListFromWire,
  userListToWire,
  userToWire,
} from "./user.ts";
export {
  foundDamageToWire,
  VerificationPath,
  type VerificationReportBody,
  VerificationResource,
  verificationFromWire,
  verificationReportToWire,
  verificationToWire,
} from "./verification.ts";
export { vectorFromWire, vectorToWire } from "./wireVector.ts";
