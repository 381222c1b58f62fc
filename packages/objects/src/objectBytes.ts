import { invalidArgument } from "@akidb/base";
import type { GetOptions, ObjectInfo, ObjectStore } from "./objectStore.ts";

export interface ObjectBytes {
  readonly info: ObjectInfo;
  readonly bytes: Uint8Array;
}

export interface ObjectBytesOptions extends GetOptions {
  /** What the caller is ready to hold in memory. */
  readonly bytesMax: number;
}

/** A whole object, or a range of one, verified, in memory. */
export async function objectBytes(
  store: Pick<ObjectStore, "get">,
  key: string,
  options: ObjectBytesOptions,
): Promise<ObjectBytes> {
  await using reading = await store.get(key, options);
  const { info } = reading;
  const wanted = options.range?.length ?? info.sizeBytes;
  if (wanted > options.bytesMax) {
    throw invalidArgument(
      "key",
      `names ${wanted} bytes, more than the ${options.bytesMax} that are allowed here`,
    );
  }
  const bytes = new Uint8Array(wanted);
  let at = 0;
  // A store never yields more than it announced.
  for await (const chunk of reading.body) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { info, bytes };
}
