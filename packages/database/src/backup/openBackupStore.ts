import { type Clock, invalidArgument, type Random } from "@akidb/base";
import type { ObjectStore } from "@akidb/objects";
import type { ObjectStoreOptions } from "../objectStore/objectStoreOptions.ts";
import { openObjectStore } from "../objectStore/openObjectStore.ts";

export interface BackupPlace {
  /** `s3://bucket/prefix`, or the path of a folder. */
  readonly place: string;
  /** Endpoint, region and credentials of S3 are taken from it. */
  readonly objectStore: ObjectStoreOptions;
  readonly clock: Clock;
  readonly random: Random;
}

/** @throws AkiDbError `invalid_argument` for a place that can be none */
export function openBackupStore({ place, objectStore, clock, random }: BackupPlace): ObjectStore {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/*(.*?)\/*$/.exec(place) ?? [];
  if (bucket !== undefined) {
    const options = { ...objectStore, kind: "s3", bucket, prefix: prefix || undefined } as const;
    return openObjectStore({ options, dataDirectory: "", clock, random });
  }
  if (place === "" || /^[a-z0-9]+:\/\//i.test(place)) {
    throw invalidArgument("place", `${JSON.stringify(place)} is neither s3://bucket/prefix nor a folder`);
  }
  return openObjectStore({ options: { kind: "local", bucket: place }, dataDirectory: "", clock, random });
}
