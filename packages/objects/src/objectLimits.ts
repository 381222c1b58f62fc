import { assert } from "@akidb/base";

const MiB = 1024 * 1024;

export const objectLimits = {
  keyBytesMax: 512,
  /** Between slashes: a file's name may have 255 bytes, and an escaped byte takes three. */
  keySegmentBytesMax: 80,
  pageSizeMax: 1_000,
  /** S3's own limit for one request. */
  deleteManyMax: 1_000,
  /** Larger bodies travel in parts. */
  partBytes: 8 * MiB,
  /** S3 takes 10,000 parts of at most 5 GiB, and 5 TiB in all. */
  partCountMax: 10_000,
  objectBytesMax: 5 * 1024 * 1024 * MiB,
  /** Parts of all uploads of one store at a time, which bounds their memory to 64 MiB. */
  partsInFlightMax: 8,
  uploadsInFlightMax: 10,
  /** Uploads that wait for their turn; beyond it they are refused with `unavailable`. */
  uploadsWaitingMax: 1_000,
  packObjectsMax: 100,
  packBytesMax: 10 * MiB,
  /** Of objects that wait for their pack or travel in one; beyond it they are refused with `unavailable`. */
  packingBytesMax: 128 * MiB,
  packNameBytesMax: 512,
} as const;

assert(objectLimits.keySegmentBytesMax * 3 + "@object".length <= 255, "an escaped segment is a file's name");
assert(objectLimits.partBytes >= 5 * MiB, "S3 refuses smaller parts");
assert(
  Math.ceil(objectLimits.objectBytesMax / objectLimits.partCountMax) <= 5 * 1024 * MiB,
  "the largest object can be cut into parts",
);
