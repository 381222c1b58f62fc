import type { ReembeddingInfo } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const cancelReembedding = defineOperation<CollectionReference, ReembeddingInfo>({
  name: "cancelReembedding",
  permission: "collection::update",
  resource: namedCollection,
  run: async ({ collections, databaseId, reembeddings }, { collection }) =>
    await reembeddings.cancel(collections.find(databaseId, collection)),
});
