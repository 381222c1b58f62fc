import type { CollectionInfo } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { collectionInfo } from "../collections/collectionInfo.ts";
import { defineOperation } from "../operation.ts";

/** `collection` is a name or an id, here and in every operation. */
export interface CollectionReference {
  readonly collection: string;
}

export const getCollection = defineOperation<CollectionReference, CollectionInfo>({
  name: "getCollection",
  permission: "collection::read",
  resource: namedCollection,
  underFilter: "unaffected",
  audited: "as_data",
  run: async ({ collections, databaseId }, { collection }) =>
    collectionInfo(collections.find(databaseId, collection), collections),
});
