import { limits, metrics, quantizations, syncPolicies, textLanguages, tieringPolicies } from "@akidb/base";
import { catalogLimits } from "./catalogLimits.ts";
import { checkJsonObject } from "./checkJsonObject.ts";
import { checkName } from "./checkName.ts";
import type { CollectionAttributes, CollectionShape } from "./collection.ts";
import { checkInteger, checkLine, checkOneOf, type FieldCheck, refuseBadFields } from "./fieldCheck.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkCollection(collection: CollectionShape & CollectionAttributes): void {
  const max = catalogLimits;
  refuseBadFields([
    checkName("name", collection.name),
    checkInteger("dimension", collection.dimension, limits.dimensionMin, limits.dimensionMax),
    checkOneOf("metric", collection.metric, metrics),
    collection.embeddingModel === null
      ? undefined
      : checkLine("embedding_model", collection.embeddingModel, max.embeddingModelCharactersMax),
    collection.modelFingerprint === null
      ? undefined
      : checkLine("model_fingerprint", collection.modelFingerprint, max.modelFingerprintCharactersMax),
    checkInteger("hnsw.m", collection.hnswM, limits.hnswMMin, limits.hnswMMax),
    checkEfConstruction(collection),
    checkInteger("max_doc_count", collection.maxDocumentCount, 1, max.documentCountMax),
    checkOneOf("tiering_policy", collection.tieringPolicy, tieringPolicies),
    checkInteger("replica_factor", collection.replicaFactor, max.replicaFactorMin, max.replicaFactorMax),
    checkInteger("wal_retention_seconds", collection.walRetentionSeconds, 0, max.walRetentionSecondsMax),
    checkOneOf("sync_policy", collection.syncPolicy, syncPolicies),
    checkOneOf("quantization", collection.quantization, quantizations),
    checkJsonObject("payload_indexes", collection.payloadIndexes),
    checkOneOf("text_index.language", collection.textLanguage, textLanguages),
  ]);
}

/** The candidates of a search while building must be able to fill a node's links. */
function checkEfConstruction({ hnswM, hnswEfConstruction }: CollectionShape): FieldCheck {
  const path = "hnsw.ef_construction";
  const { hnswEfConstructionMin: min, hnswEfConstructionMax: max } = limits;
  const outOfRange = checkInteger(path, hnswEfConstruction, min, max);
  if (outOfRange !== undefined || hnswEfConstruction >= hnswM) return outOfRange;
  return { path, detail: `must not be below m (${hnswM})` };
}
