import { i64At, setI64 } from "./arrays";
import { mustStop } from "./effort";
import { gather, touchRows } from "./gather";
import { expandedFlag, rowOfKey } from "./key";
import { linksOf } from "./links";
import { offerBatch, poolSize, stoppable } from "./pool";
import { rankBatch } from "./rank";
import { pool } from "./scratch";

/**
 * Candidates whose neighbours are loaded and ranked together: the walk then waits half as often. The second might have been
 * displaced by neighbours of the first, but seldom is; with three, it shows.
 */
const nodesAtOnce: u32 = 2;

/**
 * Best-first search of one level (Malkov & Yashunin 2018, alg. 2) from what is in the pool already; the pool is the
 * result. O(ef · M) ranks.
 *
 * @returns false where it was stopped
 */
export function walk<C>(level: i32): bool {
  let current: u32 = 0;
  while (current < poolSize) {
    if (stoppable && mustStop()) return false;
    const count = expand(current, level);
    rankBatch<C>(count);
    current = min(current + 1, offerBatch(count));
    while (current < poolSize && (i64At(pool, current) & expandedFlag) != 0) current++;
  }
  return true;
}

/** Gathers the neighbours of the first candidates from a place on. @returns how many */
// @ts-ignore: decorator
@inline
function expand(from: u32, level: i32): u32 {
  let count: u32 = 0, nodes: u32 = 0, place = from;
  for (; place < poolSize && nodes < nodesAtOnce; place++) {
    const key = i64At(pool, place);
    if ((key & expandedFlag) != 0) continue;
    setI64(pool, place, key | expandedFlag);
    count = gather(rowOfKey(key), level, count);
    nodes++;
  }
  touchNext(place, level);
  touchRows(count);
  return count;
}

/** Starts to load the lists of the candidates that are next unless nearer ones turn up. */
// @ts-ignore: decorator
@inline
export function touchNext(from: u32, level: i32): void {
  let nodes: u32 = 0;
  for (let place = from; place < poolSize && nodes < nodesAtOnce; place++) {
    const key = i64At(pool, place);
    if ((key & expandedFlag) != 0) continue;
    const list = linksOf(rowOfKey(key), level);
    load<u8>(list);
    load<u8>(list, 64);
    nodes++;
  }
}
