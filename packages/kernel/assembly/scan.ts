import { setU32 } from "./arrays";
import { mustStop } from "./effort";
import { touchRows } from "./gather";
import { offerBatch } from "./pool";
import { rankBatch } from "./rank";
import { batchRows } from "./scratch";
import { isDead } from "./segment";
import { isVisited } from "./visited";

/** Rows scored between two looks at whether to stop; few enough that what was touched is still in the cache. */
const stepRows: u32 = 64;

let count: u32 = 0;

/**
 * Offers every live row of a range to the pool, except those that the walk before has seen. O(rows).
 *
 * @returns false where it was stopped
 */
export function scanRows<C>(from: u32, to: u32): bool {
  count = 0;
  for (let row = from; row < to; row++) {
    if (isDead(row) || isVisited(row)) continue;
    setU32(batchRows, count++, row);
    if (count == stepRows && !score<C>()) return false;
  }
  return score<C>();
}

function score<C>(): bool {
  if (mustStop()) return false;
  touchRows(count);
  rankBatch<C>(count);
  offerBatch(count);
  count = 0;
  return true;
}
