import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const deleteCollection = defineOperation<CollectionReference, void>({
  name: "deleteCollection",
  permission: "collection::delete",
  run: async ({ catalog, collections, databaseId }, { collection }) => {
    const record = collections.find(databaseId, collection);
    await collections.delete(record, () => catalog.collections.delete(record.id));
  },
});
