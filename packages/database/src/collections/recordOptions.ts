import type { CollectionRecord } from "@akidb/catalog";
import { declaredFieldsOf } from "./payloadIndexes.ts";

/** What the row of a collection says of how its files are opened, in whichever process. */
export const recordOptions = (record: CollectionRecord) => ({
  collectionId: record.id,
  dimension: record.dimension,
  metric: record.metric,
  maxDocumentCount: record.maxDocumentCount,
  declaredFields: declaredFieldsOf(record.payloadIndexes),
  textLanguage: record.textLanguage,
});

/** The same, of its graph. */
export const recordGraphOptions = (record: CollectionRecord) => ({
  quantization: record.quantization,
  linksMax: record.hnswM,
  efConstruction: record.hnswEfConstruction,
});
