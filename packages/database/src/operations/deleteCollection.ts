import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const deleteCollection = defineOperation<CollectionReference, void>({
  name: "deleteCollection",
  permission: "collection::delete",
  resource: namedCollection,
  run: async ({ catalog, collections, snapshots, databaseId }, { collection }) => {
    const record = collections.find(databaseId, collection);
    await snapshots.withoutTransfers(record, () =>
      collections.delete(record, () => catalog.collections.delete(record.id)),
    );
  },
});
