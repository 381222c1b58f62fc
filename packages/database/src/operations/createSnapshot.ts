import type { SnapshotInfo } from "@akidb/base";
import { defineOperation } from "../operation.ts";
import { orAborted } from "../orAborted.ts";
import type { CollectionReference } from "./getCollection.ts";

export interface CreateSnapshotInput extends CollectionReference {
  /** True if absent. */
  readonly wait?: boolean;
}

export const createSnapshot = defineOperation<CreateSnapshotInput, SnapshotInfo>({
  name: "createSnapshot",
  permission: "snapshot::create",
  run: async ({ collections, snapshots, databaseId, call }, { collection: reference, wait = true }) => {
    const live = await collections.get(databaseId, reference, call.deadline);
    const { begun, finished } = await snapshots.create(live);
    return wait ? await orAborted(finished, call.deadline) : begun;
  },
});
