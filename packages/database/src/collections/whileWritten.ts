import { isAkiDbError } from "@akidb/base";
import type { OperationContext } from "../operation.ts";
import type { LiveCollection } from "./liveCollections.ts";

/**
 * Writes to a collection; once more where the write waited for another index to take the collection's place, which takes its
 * vectors from another model.
 *
 * @param write of which nothing is written where it rejects so
 */
export async function whileWritten<T>(
  { collections, databaseId, call }: Pick<OperationContext, "collections" | "databaseId" | "call">,
  reference: string,
  write: (live: LiveCollection) => Promise<T>,
): Promise<T> {
  for (;;) {
    using live = await collections.get(databaseId, reference, call.deadline, { inMemory: true });
    try {
      return await write(live);
    } catch (error) {
      const isRefused = isAkiDbError(error) && error.code === "unavailable";
      if (!isRefused || !live.collection.isReplaced) throw error;
      call.deadline.check();
    }
  }
}
