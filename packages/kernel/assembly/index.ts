import * as header from "../src/headerWords";
import { matches, method, ranked } from "./effort";
import { encodeRow } from "./encode";
import { levelOf } from "./level";
import { attachScratch } from "./scratch";
import { attachSegment, levels, tombstones } from "./segment";

export { linkRows } from "./link";
export { searchRows } from "./search";
export { resumeSearch, searchAllowedRows } from "./searchAllowed";
export { attachVectors, beginRescore, moveVectors, rescored, rescoreKeys, rescoreRows } from "./rescore";
export { lookEnd, rescoreBroughtKeys, rescoreBroughtRows } from "./rescore";
export { dotFloatFour, squaredFloatFour, dotSevenBitFour } from "./kernelDoors";
export { dotOneBit } from "./oneBitKernels";
export { probeSquares, unit } from "./encode";

/** Over the segment whose header lies at address 0, with a scratch slot that this thread alone holds. */
export function attach(slot: u32): void {
  attachSegment();
  attachScratch(slot);
}

/** Writes the vector in `input` as row `row`, which no search sees before it is published. */
export function writeRow(row: u32): void {
  encodeRow(row);
  store<u8>(levels + row, levelOf(row));
}

/** Of the last search: how it went about it. */
export function searchMethod(): u32 {
  return method;
}

/** … live rows that it was allowed. */
export function matchedRows(): u32 {
  return matches;
}

/** … rows that it ranked by their codes. */
export function rankedRows(): u32 {
  return ranked;
}

/** @returns whether the row was alive */
export function removeRow(row: u32): bool {
  const bit: u32 = 1 << (row & 31);
  if ((atomic.or<u32>(tombstones + ((<usize>row >> 5) << 2), bit) & bit) != 0) return false;
  atomic.add<u32>(header.deadCountWord << 2, 1);
  return true;
}
