import { i64At } from "./arrays";
import { gather } from "./gather";
import { expandedFlag, rowOfKey } from "./key";
import { linksOf } from "./links";
import { offerBatch, poolSize, stoppable } from "./pool";
import { rankBatch } from "./rank";
import { cancelled, pool } from "./scratch";

/**
 * Best-first search of one level (Malkov & Yashunin 2018, alg. 2) from what is in the pool already; the pool is the
 * result. O(ef · M) ranks.
 *
 * @returns false where it was cancelled
 */
export function walk<C>(level: i32): bool {
  let current: u32 = 0;
  while (current < poolSize) {
    if (stoppable && atomic.load<i32>(cancelled) != 0) return false;
    const place = pool + (<usize>current << 3);
    const key = load<i64>(place);
    store<i64>(place, key | expandedFlag);
    touchNext(current + 1, level);
    const count = gather<C>(rowOfKey(key), level);
    rankBatch<C>(count);
    current = min(current + 1, offerBatch(count));
    while (current < poolSize && (i64At(pool, current) & expandedFlag) != 0) current++;
  }
  return true;
}

/** Starts to load the neighbours of the candidate that is next unless a nearer one turns up. */
// @ts-ignore: decorator
@inline
export function touchNext(from: u32, level: i32): void {
  for (let i = from; i < poolSize; i++) {
    const key = i64At(pool, i);
    if ((key & expandedFlag) != 0) continue;
    const list = linksOf(rowOfKey(key), level);
    load<u8>(list);
    load<u8>(list, 64);
    return;
  }
}
