import type { SnapshotDownload } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { SnapshotReference } from "./deleteSnapshot.ts";

export const downloadSnapshot = defineOperation<SnapshotReference, SnapshotDownload>({
  name: "downloadSnapshot",
  permission: "document::read",
  resource: namedCollection,
  run: ({ collections, snapshots, databaseId }, { collection, snapshot }) =>
    snapshots.openDocuments(collections.find(databaseId, collection), snapshot),
});
