import { crc32c } from "@node-rs/crc32";
import type { ObjectCallOptions, ObjectStore } from "./objectStore.ts";

export interface ObjectChecksum {
  readonly sizeBytes: number;
  readonly crc32c: number;
}

/** Reads a whole object, in the memory of a piece of it. Rejects as {@link ObjectStore.get} does. */
export async function objectChecksum(
  store: Pick<ObjectStore, "get">,
  key: string,
  options: ObjectCallOptions = {},
): Promise<ObjectChecksum> {
  await using reading = await store.get(key, options);
  let sizeBytes = 0;
  let checksum = 0;
  for await (const chunk of reading.body) {
    sizeBytes += chunk.length;
    checksum = crc32c(chunk, checksum);
  }
  return { sizeBytes, crc32c: checksum };
}
