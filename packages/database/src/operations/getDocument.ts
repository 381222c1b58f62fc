import { type Document, type Include, notFound } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

/** `id` is the document's id or external id. */
export interface DocumentReference extends CollectionReference {
  readonly id: string;
}

export interface GetDocumentInput extends DocumentReference {
  /** Metadata and text if absent. */
  readonly include?: readonly Include[];
}

export const getDocument = defineOperation<GetDocumentInput, Document>({
  name: "getDocument",
  permission: "document::read",
  resource: namedCollection,
  underFilter: "applied",
  run: async (
    { collections, databaseId, call, within },
    { collection: reference, id, include = ["metadata", "text"] },
  ) => {
    using live = await collections.get(databaseId, reference, call.deadline);
    const document = live.collection.get(id, include, within);
    if (document === undefined) throw notFound(`document ${JSON.stringify(id)}`);
    return document;
  },
});
