import { objectBytes } from "@akidb/objects";
import { expectedBucket, type InspectedContext } from "./expectedBucket.ts";

export interface BucketComparison {
  readonly objects: number;
  /** Packs of logs that were stored though nobody was told so: what `akidb gc` removes. */
  readonly unnamedPacks: number;
  readonly faults: readonly string[];
}

/**
 * Each object that is to be there is, and no other; each is read from end to end, so that its checksums hold.
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
  for (const key of extra) if (!unnamed.includes(key)) faults.push(`too much: ${key}`);
  for (const key of keys) {
    await objectBytes(context.objects, key, { bytesMax: 1 << 30 }).catch(
      (error: unknown) => void faults.push(`${key}: ${error}`),
    );
  }
  return { objects: stored.length, unnamedPacks: unnamed.length, faults };
}
