import {
  CollectionResource,
  CreateCollectionBody,
  collectionToWire,
  createCollectionFromWire,
} from "@akidb/protocol";
import { defineTool } from "../tool.ts";

export const createCollection = defineTool({
  name: "create_collection",
  title: "Create a collection",
  description:
    "Makes an empty collection. A `name` is enough where texts are embedded by the server; `dimension` is needed for " +
    "vectors of one's own.",
  operation: "createCollection",
  effect: "writes",
  input: CreateCollectionBody,
  output: CollectionResource,
  run: async (db, body, options) => ({
    content: collectionToWire(await db.createCollection(createCollectionFromWire(body), options)),
  }),
});
