import {
  CollectionPath,
  UpsertBody,
  UpsertResponse,
  upsertFromWire,
  upsertResultToWire,
} from "@akidb/protocol";
import Type from "typebox";
import { defineTool } from "../tool.ts";

const { latency_ms: _, ...output } = UpsertResponse.properties;

export const upsertDocuments = defineTool({
  name: "upsert_documents",
  title: "Insert or replace documents",
  description:
    "Writes documents into a collection; each replaces the one that has its `id` or `external_id`. A `text` is embedded " +
    "where there is no `vector`; a long one is better written with `chunking`, in parts that are found by themselves, which a search " +
    "with `group_by` `chunk.parent` brings together again. What was written is found by the next search. Look at `items`: each document is written " +
    "or refused on its own, unless `atomic` is true.",
  operation: "upsertDocuments",
  effect: "destroys",
  input: Type.Object(
    { ...CollectionPath.properties, ...UpsertBody.properties },
    { additionalProperties: false },
  ),
  output: Type.Object(output),
  run: async (db, { collection, ...body }, options) => {
    const { documents, ...how } = upsertFromWire(body);
    const result = await db.collection(collection).upsert(documents, { ...how, ...options });
    const { latency_ms: _latencyMs, ...content } = upsertResultToWire(result, 0);
    return { content, isError: result.upsertedCount === 0 && result.items.length > 0 };
  },
});
