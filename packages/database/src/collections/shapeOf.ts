import type { CollectionRecord, CollectionShape } from "@akidb/catalog";

export const shapeOf = ({
  dimension,
  metric,
  hnswM,
  hnswEfConstruction,
  quantization,
}: CollectionRecord): CollectionShape => ({ dimension, metric, hnswM, hnswEfConstruction, quantization });
