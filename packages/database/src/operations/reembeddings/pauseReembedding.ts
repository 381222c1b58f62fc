import type { ReembeddingInfo } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const pauseReembedding = defineOperation<CollectionReference, ReembeddingInfo>({
  name: "pauseReembedding",
  permission: "collection::update",
  resource: namedCollection,
  run: async ({ collections, databaseId, reembeddings }, { collection }) =>
    await reembeddings.pause(collections.find(databaseId, collection)),
});
