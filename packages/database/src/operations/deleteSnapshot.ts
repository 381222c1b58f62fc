import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export interface SnapshotReference extends CollectionReference {
  readonly snapshot: string;
}

export const deleteSnapshot = defineOperation<SnapshotReference, void>({
  name: "deleteSnapshot",
  permission: "snapshot::create",
  resource: namedCollection,
  run: ({ collections, snapshots, databaseId }, { collection, snapshot }) =>
    snapshots.delete(collections.find(databaseId, collection), snapshot),
});
