import { CollectionPath, DeleteManyBody, DeleteManyResponse, deleteManyResultToWire } from "@akidb/protocol";
import Type from "typebox";
import { defineTool } from "../tool.ts";

export const deleteDocuments = defineTool({
  name: "delete_documents",
  title: "Delete documents",
  description:
    "Deletes documents of a collection for good: by `ids` (ids or external ids), by a `filter` of the metadata, or all of " +
    "them with `all: true`; exactly one of these.",
  operation: "deleteDocuments",
  effect: "destroys",
  input: Type.Object(
    { ...CollectionPath.properties, ...DeleteManyBody.properties },
    { additionalProperties: false },
  ),
  output: DeleteManyResponse,
  run: async (db, { collection, ...which }, options) => ({
    content: deleteManyResultToWire(await db.collection(collection).deleteMany(which, options)),
  }),
});
