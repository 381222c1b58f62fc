import { objectBytes } from "@akidb/objects";
import { expectedBucket, type InspectedContext } from "./expectedBucket.ts";

export interface BucketComparison {
  readonly objects: number;
  /** Packs of logs that were stored though nobody was told so: what `akidb gc` removes. */
  readonly unnamedPacks: number;
  /** What else is there and need not be. */
  readonly surplus: readonly string[];
  readonly faults: readonly string[];
}

/**
 * Whether each object that is to be there is, and what else is; each is read from end to end, so that its checksums hold.
 *
 * @param stored the keys of all that is in the bucket
 */
export async function compareBucket(
  context: InspectedContext,
  stored: readonly string[],
): Promise<BucketComparison> {
  const { keys, problems } = await expectedBucket(context);
  const faults = [...problems];
  const present = new Set(stored);
  for (const key of keys) if (!present.has(key)) faults.push(`missing: ${key}`);
  const extra = stored.filter((key) => !keys.has(key));
  const unnamed = extra.filter((key) => /\/wal\/packs\//.test(key));
  const surplus = extra.filter((key) => !unnamed.includes(key));
  for (const key of keys) {
    await objectBytes(context.objects, key, { bytesMax: 1 << 30 }).catch(
      (error: unknown) => void faults.push(`${key}: ${error}`),
    );
  }
  return { objects: stored.length, unnamedPacks: unnamed.length, surplus, faults };
}
