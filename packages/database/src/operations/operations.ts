import { apiKeyOperations } from "./apiKeys/apiKeyOperations.ts";
import { auditLogOperations } from "./auditLog/auditLogOperations.ts";
import { authOperations } from "./auth/authOperations.ts";
import { count } from "./count.ts";
import { createCollection } from "./createCollection.ts";
import { createSnapshot } from "./createSnapshot.ts";
import { databaseOperations } from "./databases/databaseOperations.ts";
import { deleteCollection } from "./deleteCollection.ts";
import { deleteDocument } from "./deleteDocument.ts";
import { deleteDocuments } from "./deleteDocuments.ts";
import { deleteSnapshot } from "./deleteSnapshot.ts";
import { downloadSnapshot } from "./downloadSnapshot.ts";
import { embed } from "./embed.ts";
import { facets } from "./facets.ts";
import { getBackup } from "./getBackup.ts";
import { getCollection } from "./getCollection.ts";
import { getDocument } from "./getDocument.ts";
import { getDocuments } from "./getDocuments.ts";
import { getGauges } from "./getGauges.ts";
import { getReadiness } from "./getReadiness.ts";
import { getVerification } from "./getVerification.ts";
import { getJob } from "./jobs/getJob.ts";
import { listCollections } from "./listCollections.ts";
import { listSnapshots } from "./listSnapshots.ts";
import { modelOperations } from "./models/modelOperations.ts";
import { objectStoreOperations } from "./objectStore/objectStoreOperations.ts";
import { patchDocument } from "./patchDocument.ts";
import { patchDocuments } from "./patchDocuments.ts";
import { policyOperations } from "./policies/policyOperations.ts";
import { query } from "./query.ts";
import { queryBatch } from "./queryBatch.ts";
import { reembeddingOperations } from "./reembeddings/reembeddingOperations.ts";
import { restoreSnapshot } from "./restoreSnapshot.ts";
import { scroll } from "./scroll.ts";
import { startBackup } from "./startBackup.ts";
import { startVerification } from "./startVerification.ts";
import { tenantOperations } from "./tenants/tenantOperations.ts";
import { tierOperations } from "./tiers/tierOperations.ts";
import { updateCollection } from "./updateCollection.ts";
import { upsertDocuments } from "./upsertDocuments.ts";
import { usageOperations } from "./usage/usageOperations.ts";
import { userOperations } from "./users/userOperations.ts";

/** All that a caller can ask of a database. */
export const operations = {
  createCollection,
  listCollections,
  getCollection,
  updateCollection,
  deleteCollection,
  upsertDocuments,
  getDocument,
  patchDocument,
  patchDocuments,
  deleteDocument,
  getDocuments,
  deleteDocuments,
  query,
  queryBatch,
  scroll,
  count,
  facets,
  createSnapshot,
  listSnapshots,
  deleteSnapshot,
  restoreSnapshot,
  downloadSnapshot,
  ...tierOperations,
  embed,
  ...modelOperations,
  ...reembeddingOperations,
  getReadiness,
  getGauges,
  startVerification,
  getVerification,
  startBackup,
  getBackup,
  ...objectStoreOperations,
  ...policyOperations,
  ...tenantOperations,
  ...databaseOperations,
  getJob,
  ...usageOperations,
  ...userOperations,
  ...apiKeyOperations,
  ...authOperations,
  ...auditLogOperations,
} as const;
