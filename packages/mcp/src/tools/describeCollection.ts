import { CollectionPath, CollectionResource, collectionToWire } from "@akidb/protocol";
import Type from "typebox";
import { defineTool } from "../tool.ts";

export const describeCollection = defineTool({
  name: "describe_collection",
  title: "Describe a collection",
  description:
    "A collection's settings and state: dimension, metric, embedding model, counts, and the fields of the metadata that " +
    "filters can name (`payload_indexes`).",
  operation: "getCollection",
  effect: "reads",
  input: Type.Object(CollectionPath.properties, { additionalProperties: false }),
  output: CollectionResource,
  run: async (db, { collection }, options) => ({
    content: collectionToWire(await db.getCollection(collection, options)),
  }),
});
