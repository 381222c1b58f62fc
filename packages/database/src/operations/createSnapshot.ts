import { invalidArgument, orAborted, type SnapshotInfo } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export interface CreateSnapshotInput extends CollectionReference {
  /** True if absent. */
  readonly wait?: boolean;
  /** To the object store, before it is ready; false if absent. */
  readonly upload?: boolean;
}

export const createSnapshot = defineOperation<CreateSnapshotInput, SnapshotInfo>({
  name: "createSnapshot",
  permission: "snapshot::create",
  resource: namedCollection,
  run: async (
    { collections, snapshots, databaseId, call },
    { collection: reference, wait = true, upload = false },
  ) => {
    if (upload && collections.find(databaseId, reference).tieringPolicy === "memory") {
      throw invalidArgument("upload", "needs a collection whose tiering_policy is memory_s3 or s3_only");
    }
    const live = await collections.get(databaseId, reference, call.deadline);
    const { begun, finished } = await snapshots.create(live, {
      span: call.trace?.span,
      ...(upload && { upload: "first" }),
    });
    return wait ? await orAborted(finished, call.deadline) : begun;
  },
});
