import {
  CollectionPath,
  DocumentPath,
  DocumentQuery,
  DocumentResource,
  documentToWire,
} from "@akidb/protocol";
import Type from "typebox";
import { defineTool } from "../tool.ts";

export const getDocument = defineTool({
  name: "get_document",
  title: "Get a document",
  description: "One document of a collection, by its id or external id.",
  operation: "getDocument",
  effect: "reads",
  input: Type.Object(
    {
      ...CollectionPath.properties,
      id: Type.String({ ...DocumentPath.properties.id, description: "The document's id or external id." }),
      include: DocumentQuery.properties.include,
    },
    { additionalProperties: false },
  ),
  output: DocumentResource,
  run: async (db, { collection, id, include }, options) => {
    const parts = include === undefined ? {} : { include };
    return { content: documentToWire(await db.collection(collection).get(id, { ...parts, ...options })) };
  },
});
