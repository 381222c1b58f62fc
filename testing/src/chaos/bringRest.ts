import type { InspectedContext } from "./expectedBucket.ts";

/** What is done each minute, now. @returns whether the object store has all that it is to have, and nothing waits */
export async function bringRest({
  collections,
  snapshots,
  deadLetters,
  circuit,
}: InspectedContext): Promise<boolean> {
  if (circuit.state !== "closed" || deadLetters.size > 0) return false;
  await collections.archiveLogs();
  await snapshots.uploadAllWanted(collections.records());
  await collections.deletions.finishAll();
  return deadLetters.size === 0;
}
