import { notFound } from "@akidb/base";
import { defineOperation } from "../operation.ts";
import type { DocumentReference } from "./getDocument.ts";

export const deleteDocument = defineOperation<DocumentReference, void>({
  name: "deleteDocument",
  permission: "document::delete",
  run: async ({ collections, databaseId, call }, { collection: reference, id }) => {
    using live = await collections.get(databaseId, reference, call.deadline);
    const [found] = await live.collection.delete([id]);
    if (!found) throw notFound(`document ${JSON.stringify(id)}`);
  },
});
