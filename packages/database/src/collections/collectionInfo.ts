import type { CollectionInfo, Tier } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { LiveCollections } from "./liveCollections.ts";
import { payloadIndexInfos, payloadNotice } from "./payloadIndexes.ts";

/** What the catalog and, if it is open, the engine know of a collection. */
export function collectionInfo(record: CollectionRecord, collections: LiveCollections): CollectionInfo {
  const live = collections.peek(record.id);
  const stats = live !== undefined && "documentCount" in live ? live : undefined;
  return {
    id: record.id,
    databaseId: record.databaseId,
    name: record.name,
    dimension: record.dimension,
    metric: record.metric,
    embeddingModel: record.embeddingModel,
    modelFingerprint: record.modelFingerprint,
    maxDocumentCount: record.maxDocumentCount,
    hnsw: { m: record.hnswM, efConstruction: record.hnswEfConstruction },
    quantization: record.quantization,
    textIndex: { language: record.textLanguage },
    tieringPolicy: record.tieringPolicy,
    syncPolicy: record.syncPolicy,
    walRetentionSeconds: record.walRetentionSeconds,
    documentCount: stats?.documentCount ?? 0,
    indexedCount: stats?.indexedCount ?? 0,
    recallEstimate: stats?.recall ?? null,
    payloadIndexes: payloadIndexInfos(record.payloadIndexes, stats?.payload),
    payloadNotice: payloadNotice(stats?.payload, collections.indexedFieldsMax),
    memoryBytes: stats?.memoryBytes ?? 0,
    diskBytes: stats?.diskBytes ?? 0,
    tier: collections.tierOf(record),
    ...stateOf(live, collections.tierOf(record)),
    damages: live?.damages ?? [],
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}

function stateOf(
  live: ReturnType<LiveCollections["peek"]>,
  tier: Tier,
): Pick<CollectionInfo, "state" | "stateReason"> {
  // What is cold is not about to be opened.
  if (live === undefined && tier === "cold") return { state: "ready", stateReason: null };
  if (live === undefined) return { state: "loading", stateReason: null };
  if ("reason" in live) return { state: "damaged", stateReason: live.reason };
  if (live.readOnlyReason !== undefined) return { state: "read_only", stateReason: live.readOnlyReason };
  if (live.damages.length === 0) return { state: "ready", stateReason: null };
  const reasons = live.damages.map(({ file, problem, effect }) => `${file}: ${problem} (${effect})`);
  return { state: "degraded", stateReason: reasons.join("; ") };
}
