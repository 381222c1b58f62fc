import type { MigrationPlaces } from "../migrationOptions.ts";
import { documentBytes, type PlannedCollection } from "./migrationPlan.ts";

/** Runs `work` on one collection after the other, and tells how far all of them together are. @returns their documents */
export async function withProgress(
  collections: readonly PlannedCollection[],
  { onProgress = () => {} }: Pick<MigrationPlaces, "onProgress">,
  work: (
    collection: PlannedCollection,
    onProgress: (bytesRead: number, documentCount: number) => void,
  ) => Promise<number>,
): Promise<number> {
  const totalBytes = documentBytes(collections);
  let bytesBefore = 0;
  let countBefore = 0;
  for (const collection of collections) {
    countBefore += await work(collection, (bytesRead, documentCount) =>
      onProgress({
        bytesRead: bytesBefore + bytesRead,
        totalBytes,
        documentCount: countBefore + documentCount,
      }),
    );
    bytesBefore += documentBytes([collection]);
  }
  return countBefore;
}
