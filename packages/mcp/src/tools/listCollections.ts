import { CollectionList, collectionListToWire, PageQuery } from "@akidb/protocol";
import { defineTool } from "../tool.ts";

export const listCollections = defineTool({
  name: "list_collections",
  title: "List the collections",
  description: "The collections that there are, with their dimensions, models and counts; page by page.",
  operation: "listCollections",
  effect: "reads",
  input: PageQuery,
  output: CollectionList,
  run: async (db, page, options) => ({
    content: collectionListToWire(await db.listCollections(page, options)),
  }),
});
