import type { OpenDatabaseOptions } from "@akidb/database";
import type { Config } from "./config/config.ts";

/** What the configuration says about the database, wherever it is opened. */
export const databaseOptions = ({
  auth,
  audit,
  features,
  wal,
  embedding,
  embeddingNext,
  rerank,
  hnsw,
  snapshot,
  tiering,
  backup,
  objectStore,
  limits,
  logging,
}: Config) =>
  ({
    accessTokenLifetimeMs: auth.tokenTtlSeconds * 1_000,
    auditedDataPlane: audit.dataPlane,
    auditRetentionDays: audit.retentionDays,
    autoInitialize: features.autoInitialize,
    wal: {
      sync: wal.sync,
      syncIntervalMs: wal.intervalMs,
      segmentBytesMax: wal.segmentBytes,
      retentionMs: wal.retentionSeconds * 1_000,
    },
    embedding: { ...embedding, next: nextModel(embeddingNext) },
    rerank,
    hnsw,
    snapshot: {
      compression: snapshot.compression,
      intervalMs: snapshot.intervalSeconds * 1_000,
      afterBytes: snapshot.afterBytes,
      retainCount: snapshot.retainCount,
    },
    tiering: {
      enabled: tiering.enabled,
      hotToWarmAfterMs: tiering.hotToWarmAfterSeconds * 1_000,
      warmToColdAfterMs: tiering.warmToColdAfterSeconds * 1_000,
      coldPromotionAccesses: tiering.coldPromotionAccesses,
      hotMemoryBytesMax: tiering.maxHotMemoryBytes,
      warmDiskBytesMax: tiering.maxWarmDiskBytes,
      search: tiering.search,
      intervalMs: tiering.intervalSeconds * 1_000,
    },
    backupTo: backup.to,
    objectStore,
    slowQueryMs: logging.slowQueryMs,
    limits: {
      batchDocumentsMax: limits.maxBatchDocuments,
      topKMax: limits.maxTopK,
      metadataBytesMax: limits.maxMetadataBytes,
      memoryBytesMax: limits.maxMemoryBytes,
      defaultQuotas: {
        memoryQuotaBytes: limits.defaultMemoryQuotaBytes,
        storageQuotaBytes: limits.defaultStorageQuotaBytes,
        qpsQuota: limits.defaultQpsQuota,
      },
      indexedFieldsMax: limits.maxIndexedFields,
    },
  }) satisfies Partial<OpenDatabaseOptions>;

const nextModel = ({ provider, ...options }: Config["embeddingNext"]) =>
  provider === "none" ? undefined : { ...options, provider };
