import type { CollectionTier } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const getTier = defineOperation<CollectionReference, CollectionTier>({
  name: "getTier",
  permission: "collection::read",
  resource: namedCollection,
  underFilter: "unaffected",
  audited: "as_data",
  run: async ({ collections, tiers, databaseId }, { collection }) =>
    tiers.describe(collections.find(databaseId, collection).id),
});
