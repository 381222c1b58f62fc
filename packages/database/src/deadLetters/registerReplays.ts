import { noDeadline, unavailable } from "@akidb/base";
import { isLogArchived } from "../archive/logArchives.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { DeadLetters } from "./deadLetters.ts";

export interface ReplayParts {
  readonly deadLetters: DeadLetters;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
}

/** Each does all of a collection, as its rounds do: what of it has failed is tried together. */
export function registerReplays({ deadLetters, collections, snapshots }: ReplayParts): void {
  deadLetters.replayBy("archive_log", async ({ collectionId }) => {
    const record = collections.recordOf(collectionId);
    if (record !== undefined && isLogArchived(record)) {
      // One that was closed meanwhile hands its log over when it is open.
      using live = await collections.get(record.databaseId, record.id, noDeadline());
      if (!(await live.collection.handOverLog())) throw unavailable("a file of the log could not be copied");
    }
    deadLetters.settleAll(collectionId, "archive_log");
  });
  deadLetters.replayBy("upload_snapshot", async ({ collectionId }) => {
    const record = collections.recordOf(collectionId);
    if (record !== undefined && !(await snapshots.uploads.sendWanted(record))) {
      throw unavailable("a snapshot could not be copied");
    }
    deadLetters.settleAll(collectionId, "upload_snapshot");
  });
  deadLetters.replayBy("remove_objects", async ({ collectionId }) => {
    if (!(await collections.deletions.finish(collectionId)))
      throw unavailable("objects could not be removed");
  });
}
