import { alreadyExists, type CollectionInfo } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { collectionInfo } from "../collections/collectionInfo.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import type { SnapshotReference } from "./deleteSnapshot.ts";

export interface RestoreSnapshotInput extends SnapshotReference {
  /** The name of a new collection; the snapshot's own becomes what it was if absent. */
  readonly into?: string;
}

export const restoreSnapshot = defineOperation<RestoreSnapshotInput, CollectionInfo>({
  name: "restoreSnapshot",
  permission: "snapshot::restore",
  run: async (context, { collection, snapshot: reference, into }) => {
    const { collections, snapshots, databaseId } = context;
    const record = collections.find(databaseId, collection);
    const snapshot = await snapshots.require(record, reference);
    if (into === undefined) {
      await collections.restore(record, snapshot);
      return collectionInfo(record, collections);
    }
    const clone = await cloneCollection(context, { source: record, snapshot, name: into });
    return collectionInfo(clone, collections);
  },
});

/** As a collection is created: its files first, under a provisional name, then the catalog's row, which decides. */
async function cloneCollection(
  { catalog, collections, databaseId }: OperationContext,
  { source, snapshot, name }: { source: CollectionRecord; snapshot: RestorableSnapshot; name: string },
): Promise<CollectionRecord> {
  if ((await catalog.collections.findByName(databaseId, name)) !== undefined) {
    throw alreadyExists(`collection ${JSON.stringify(name)}`);
  }
  const { createdAt: _, updatedAt: __, ...settings } = source;
  const id = await collections.createFilesFrom(snapshot, source);
  const record = await catalog.collections
    .create(databaseId, { ...settings, id, name })
    .catch(async (error: unknown) => {
      await collections.abandonFiles(id);
      throw error;
    });
  await collections.add(record);
  return record;
}
