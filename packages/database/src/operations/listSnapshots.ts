import type { SnapshotList } from "@akidb/base";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const listSnapshots = defineOperation<CollectionReference, SnapshotList>({
  name: "listSnapshots",
  permission: "collection::read",
  run: ({ collections, snapshots, databaseId }, { collection }) =>
    snapshots.listReachable(collections.find(databaseId, collection)),
});
