import type { SnapshotList } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const listSnapshots = defineOperation<CollectionReference, SnapshotList>({
  name: "listSnapshots",
  permission: "collection::read",
  resource: namedCollection,
  audited: "as_data",
  run: ({ collections, snapshots, databaseId }, { collection }) =>
    snapshots.listReachable(collections.find(databaseId, collection)),
});
