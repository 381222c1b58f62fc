import { join } from "node:path";
import { type Clock, invalidArgument, type Random } from "@akidb/base";
import {
  lazyObjectStore,
  type ObjectStore,
  openLocalObjectStore,
  openMemoryObjectStore,
  openS3ObjectStore,
  parseS3Encryption,
  type RetryOptions,
} from "@akidb/objects";
import { absoluteDirectory } from "../adapters/absoluteDirectory.ts";
import type { ObjectStoreOptions } from "./objectStoreOptions.ts";

export interface ObjectStoreOpening {
  readonly options: ObjectStoreOptions;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Of S3, over its defaults. */
  readonly retry?: Partial<Omit<RetryOptions, "random">>;
  readonly idleTimeoutMs?: number | undefined;
}

/**
 * The configured store, opened when it is first used: nothing is made, loaded or asked before.
 *
 * @throws AkiDbError `invalid_argument` that names the option, for what can be told without asking the store
 */
export function openObjectStore({
  options,
  dataDirectory,
  clock,
  random,
  retry,
  idleTimeoutMs,
}: ObjectStoreOpening): ObjectStore {
  const { kind = "local", bucket } = options;
  switch (kind) {
    case "memory":
      return openMemoryObjectStore({ clock, random });
    case "local": {
      const directory = absoluteDirectory(bucket ?? join(dataDirectory, "objects"));
      return openLocalObjectStore({ directory, random });
    }
    case "s3":
      return s3ObjectStore(options, { random, ...(retry !== undefined && { retry }), idleTimeoutMs });
  }
}

function s3ObjectStore(
  options: ObjectStoreOptions,
  { random, retry = {}, idleTimeoutMs }: Pick<ObjectStoreOpening, "random" | "retry" | "idleTimeoutMs">,
): ObjectStore {
  const { bucket, prefix, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle, sse } = options;
  if (bucket === undefined) {
    throw invalidArgument("object_store.bucket", "must be given where object_store.kind is s3");
  }
  const encryption = sse === undefined ? undefined : parseS3Encryption(sse, "object_store.sse");
  return lazyObjectStore(() =>
    openS3ObjectStore({
      bucket,
      random,
      retry,
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      ...(prefix !== undefined && { prefix }),
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(accessKeyId !== undefined && { accessKeyId }),
      ...(secretAccessKey !== undefined && { secretAccessKey }),
      ...(forcePathStyle !== undefined && { forcePathStyle }),
      ...(encryption !== undefined && { encryption }),
    }),
  );
}
