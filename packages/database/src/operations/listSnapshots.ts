import type { SnapshotInfo } from "@akidb/base";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const listSnapshots = defineOperation<CollectionReference, readonly SnapshotInfo[]>({
  name: "listSnapshots",
  permission: "collection::read",
  run: ({ collections, snapshots, databaseId }, { collection }) =>
    snapshots.list(collections.find(databaseId, collection)),
});
