import { noDeadline } from "@akidb/base";
import { type ObjectStoreOptions, openDatabase, operations, ownProcess } from "@akidb/database";
import { bringRest } from "./bringRest.ts";
import { type BucketComparison, compareBucket } from "./compareBucket.ts";
import type { InspectedContext } from "./expectedBucket.ts";

export interface BucketInspection {
  readonly directory: string;
  readonly objectStore: ObjectStoreOptions;
  /** The keys of all that is in the bucket. */
  readonly stored: () => readonly string[];
  /** What the server has not brought there yet is brought before. */
  readonly bringsRest?: boolean;
}

/** Of a server that has ended: its data directory says what is to be in the bucket. */
export async function inspectBucket({
  directory,
  objectStore,
  stored,
  bringsRest = false,
}: BucketInspection): Promise<BucketComparison> {
  const database = await openDatabase({ directory, objectStore, command: "chaos" });
  const call = { requestId: "chaos", deadline: noDeadline(), caller: ownProcess };
  const run = async (context: InspectedContext) => {
    if (bringsRest && !(await bringRest(context))) throw new Error("the store does not take the rest");
    return await compareBucket(context, stored());
  };
  try {
    await database.loaded();
    const { items } = await database.execute(operations.listCollections, { limit: 1_000 }, call);
    // Opens it, where it is not.
    for (const { id } of items) await database.execute(operations.count, { collection: id }, call);
    const inspection = { ...operations.getGauges, name: "inspect", run };
    return await database.execute<object, BucketComparison>(inspection, {}, call);
  } finally {
    await database.close();
  }
}
