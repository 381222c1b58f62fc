import { type CreateCollectionInput, invalidArgument, isPlainObject, limits } from "@akidb/base";
import type { CreateCollectionRequest } from "@akidb/protocol/grpc";
import { text, whole32, whole64 } from "./fields.ts";

export const createCollectionMessage = (input: CreateCollectionInput): CreateCollectionRequest => ({
  name: text("name", input.name) ?? "",
  dimension: dimensionOf(input.dimension),
  metric: text("metric", input.metric) ?? "",
  embeddingModel: text("embedding_model", input.embeddingModel),
  maxDocCount: whole64("max_doc_count", input.maxDocumentCount),
  hnsw: input.hnsw && {
    m: whole32("hnsw.m", input.hnsw.m),
    efConstruction: whole32("hnsw.ef_construction", input.hnsw.efConstruction),
  },
  quantization: text("quantization", input.quantization),
  payloadIndexes: payloadIndexesOf(input.payloadIndexes),
  textLanguage: text("text_index.language", input.textIndex?.language),
  tieringPolicy: text("tiering_policy", input.tieringPolicy),
  syncPolicy: text("sync_policy", input.syncPolicy),
  walRetentionSeconds: whole32("wal_retention_seconds", input.walRetentionSeconds),
});

/** 0 would be taken for absent. */
function dimensionOf(dimension: number | undefined): number {
  if (dimension === 0) {
    throw invalidArgument(
      "dimension",
      `must be a whole number from ${limits.dimensionMin} to ${limits.dimensionMax}`,
    );
  }
  return whole32("dimension", dimension) ?? 0;
}

function payloadIndexesOf(indexes: CreateCollectionInput["payloadIndexes"] = {}): Record<string, string> {
  if (!isPlainObject(indexes))
    throw invalidArgument("payload_indexes", "must be an object of fields and types");
  for (const [field, type] of Object.entries(indexes)) text(`payload_indexes.${field}`, type);
  return { ...indexes };
}
