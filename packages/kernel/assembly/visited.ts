import { capacity } from "./segment";
import { tags } from "./scratch";

// One byte per row holds the number of the walk that last saw it: a new walk needs no clearing, but for every 255th.
export let epoch: u32 = 255;

export function forgetVisits(): void {
  if (++epoch > 255) {
    memory.fill(tags, 0, capacity);
    epoch = 1;
  }
}

/** @returns whether the row was new to this walk */
// @ts-ignore: decorator
@inline
export function visit(row: u32): bool {
  const tag = tags + row;
  const isNew = load<u8>(tag) != epoch;
  store<u8>(tag, epoch);
  return isNew;
}

// @ts-ignore: decorator
@inline
export function isVisited(row: u32): bool {
  return load<u8>(tags + row) == epoch;
}
