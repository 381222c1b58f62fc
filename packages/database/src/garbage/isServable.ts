import type { CollectionRecord } from "@akidb/catalog";
import type { LiveCollections } from "../collections/liveCollections.ts";

/** Whether it is known to answer by the files that the catalog names. */
export function isServable(collections: LiveCollections, { id }: Pick<CollectionRecord, "id">): boolean {
  const served = collections.peek(id);
  return served !== undefined && !("reason" in served);
}
