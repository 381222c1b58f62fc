import { crc32c } from "@node-rs/crc32";
import { DamagedObjectError } from "../damagedObjectError.ts";
import { objectBytes } from "../objectBytes.ts";
import type { ObjectCallOptions, ObjectStore } from "../objectStore.ts";
import type { PackedObject } from "./packedObject.ts";
import { decodePackIndex, packIndexBytes, packPrefixBytes } from "./packFormat.ts";

type Source = Pick<ObjectStore, "get">;

/** One object of a pack, by one range, verified against its own checksum. */
export async function readPackedObject(
  store: Source,
  { packKey, name, offset, sizeBytes, crc32c: wantedCrc }: PackedObject,
  options: ObjectCallOptions = {},
): Promise<Uint8Array> {
  if (sizeBytes === 0) return new Uint8Array();
  const range = { offset, length: sizeBytes };
  const { bytes } = await objectBytes(store, packKey, { ...options, range, bytesMax: sizeBytes });
  if (crc32c(bytes) !== wantedCrc) {
    throw new DamagedObjectError(packKey, `the checksum of ${JSON.stringify(name)} in it differs`);
  }
  return bytes;
}

/** All that a pack holds, for whoever has lost the places: the beginning of the pack is read, no more. */
export async function readPackIndex(
  store: Source,
  packKey: string,
  options: ObjectCallOptions = {},
): Promise<readonly PackedObject[]> {
  await using reading = await store.get(packKey, options);
  let bytes = Buffer.alloc(0);
  let wanted = packPrefixBytes;
  for await (const chunk of reading.body) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= packPrefixBytes) wanted = packIndexBytes(packKey, bytes);
    if (bytes.length >= wanted) break;
  }
  if (bytes.length < wanted) throw new DamagedObjectError(packKey, "it ends before its index does");
  const index = bytes.subarray(0, packIndexBytes(packKey, bytes));
  return decodePackIndex(packKey, index, reading.info.sizeBytes).map((entry) => ({ packKey, ...entry }));
}
