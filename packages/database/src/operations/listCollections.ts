import type { CollectionInfo, Page, PageRequest } from "@akidb/base";
import { chosenDatabase } from "../access/resources.ts";
import { collectionInfo } from "../collections/collectionInfo.ts";
import { defineOperation } from "../operation.ts";

export const listCollections = defineOperation<PageRequest, Page<CollectionInfo>>({
  name: "listCollections",
  permission: "collection::read",
  resource: chosenDatabase,
  underFilter: "unaffected",
  audited: "as_data",
  run: async ({ catalog, collections, databaseId }, page) => {
    const { items, ...rest } = await catalog.collections.list(databaseId, page);
    return { ...rest, items: items.map((record) => collectionInfo(record, collections)) };
  },
});
