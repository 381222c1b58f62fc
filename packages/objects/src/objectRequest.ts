import { invalidArgument } from "@akidb/base";
import { checkObjectKey, checkObjectPrefix } from "./objectKey.ts";
import { objectLimits } from "./objectLimits.ts";
import type { ByteRange, GetOptions, ListOptions, PutOptions } from "./objectStore.ts";

/** @throws AkiDbError `invalid_argument`, the same in every store and before anything is sent */
export function checkPut(key: string, { ifMatch, ifNoneMatch, sizeBytes }: PutOptions): void {
  checkObjectKey(key);
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw invalidArgument("if_none_match", "must not be given together with if_match");
  }
  if (sizeBytes === undefined) return;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes > objectLimits.objectBytesMax) {
    throw invalidArgument("size_bytes", `must be a whole number from 0 to ${objectLimits.objectBytesMax}`);
  }
}

export function checkGet(key: string, { range }: GetOptions): void {
  checkObjectKey(key);
  if (range === undefined) return;
  const { offset, length } = range;
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(length) || length < 1) {
    throw invalidArgument("range", "must have an offset of 0 or more and a length of 1 or more");
  }
}

/** @throws AkiDbError `invalid_argument` unless the range lies within the object */
export function checkRangeWithin({ offset, length }: ByteRange, sizeBytes: number): void {
  if (offset + length <= sizeBytes) return;
  throw rangeOutside({ offset, length }, `its ${sizeBytes} bytes`);
}

export const rangeOutside = ({ offset, length }: ByteRange, object: string) =>
  invalidArgument("range", `must lie within ${object}, not end at byte ${offset + length}`);

export interface ListRequest {
  readonly prefix: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export function checkList({
  prefix = "",
  cursor,
  limit = objectLimits.pageSizeMax,
}: ListOptions): ListRequest {
  checkObjectPrefix(prefix);
  if (!Number.isInteger(limit) || limit < 1 || limit > objectLimits.pageSizeMax) {
    throw invalidArgument("limit", `must be a whole number from 1 to ${objectLimits.pageSizeMax}`);
  }
  return { prefix, cursor, limit };
}
