import { type JsonObject, metrics } from "@akidb/base";
import { ManifestFields, type ManifestPlace } from "./manifestFields.ts";
import type { V1Collection } from "./v1Directory.ts";

/** @returns undefined where anything is wrong, which is noted then */
export function readCollection(
  place: ManifestPlace,
  manifest: JsonObject,
): Omit<V1Collection, "documentFiles"> | undefined {
  const before = place.problems.count;
  const fields = new ManifestFields(place, manifest);
  const hnsw = fields.fields("hnsw");
  const name = fields.required("name", fields.text);
  const dimension = fields.required("dimension", fields.integer(1));
  const metric = fields.required("metric", fields.oneOf(metrics));
  const collection = {
    hnswM: hnsw.integer(1)("m"),
    hnswEfConstruction: hnsw.integer(1)("ef_construction"),
    createdAt: fields.time("created_at"),
    updatedAt: fields.time("updated_at"),
  };
  if (place.problems.count > before) return undefined;
  return { file: place.file, name: name!, dimension: dimension!, metric: metric!, ...collection };
}
