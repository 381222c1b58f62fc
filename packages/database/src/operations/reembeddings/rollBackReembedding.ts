import type { ReembeddingInfo } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const rollBackReembedding = defineOperation<CollectionReference, ReembeddingInfo>({
  name: "rollBackReembedding",
  permission: "collection::update",
  resource: namedCollection,
  run: async ({ collections, databaseId, reembeddings }, { collection }) =>
    await reembeddings.rollback(collections.find(databaseId, collection)),
});
