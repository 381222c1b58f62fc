import { setU32, u32At } from "./arrays";
import { isAllowed } from "./gather";
import { offerBatch } from "./pool";
import { rankBatch } from "./rank";
import { allowed, batchRows, cancelled } from "./scratch";
import { isDead } from "./segment";
import { isVisited } from "./visited";

/** Rows between two looks at the cancelling flag. */
const stepRows: u32 = 512;

/**
 * Offers every live row of a range to the pool, except those that the walk before has seen. With `filtered`, only what
 * is allowed. O(rows).
 *
 * @returns false where it was cancelled
 */
export function scanRows<C>(from: u32, to: u32, filtered: bool): bool {
  let row = from;
  while (row < to) {
    if (atomic.load<i32>(cancelled) != 0) return false;
    let count: usize = 0;
    for (; row < to && count < stepRows; row++) {
      if ((row & 31) == 0 && filtered) {
        row = nextAllowedWord(row, to);
        if (row >= to) break;
      }
      if (isDead(row) || (filtered && !isAllowed(row)) || isVisited(row)) continue;
      setU32(batchRows, count++, row);
    }
    rankBatch<C>(<u32>count);
    offerBatch(<u32>count);
  }
  return true;
}

/** Skips words of the filter without a bit. @param row a multiple of 32 */
function nextAllowedWord(row: u32, to: u32): u32 {
  while (row < to && u32At(allowed, row >> 5) == 0) row += 32;
  return row;
}
