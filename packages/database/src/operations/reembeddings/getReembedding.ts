import type { ReembeddingInfo } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const getReembedding = defineOperation<CollectionReference, ReembeddingInfo>({
  name: "getReembedding",
  permission: "collection::read",
  resource: namedCollection,
  underFilter: "unaffected",
  run: async ({ collections, databaseId, reembeddings }, { collection }) =>
    await reembeddings.get(collections.find(databaseId, collection)),
});
