import type { ReembeddingInfo } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const resumeReembedding = defineOperation<CollectionReference, ReembeddingInfo>({
  name: "resumeReembedding",
  permission: "collection::update",
  resource: namedCollection,
  run: async ({ collections, databaseId, reembeddings }, { collection }) =>
    await reembeddings.resumePaused(collections.find(databaseId, collection)),
});
