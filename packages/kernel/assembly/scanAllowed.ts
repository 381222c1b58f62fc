import { poolKeysMax } from "../src/scratchShape";
import { i64At, i32At, setI64, u32At } from "./arrays";
import { mustStop } from "./effort";
import { touchRows } from "./gather";
import { keyOf, rankOfKey, rowOfKey } from "./key";
import { offerBatch, takePool } from "./pool";
import { rankBatch } from "./rank";
import { rankLimit } from "./rankLimit";
import { allowed, batchRanks, batchRows, pool, tags } from "./scratch";
import { selectSmallest, sortKeys } from "./smallestKeys";
import { epoch } from "./visited";

/** Rows scored between two looks at whether to stop; few enough that what was touched is still in the cache. */
const stepRows: u32 = 64;

/** Allowed rows that are collected in `batchRows` so far, and where the search for more goes on. */
let word: u32 = 0;
let bits: u32 = 0;

/** Keys that a selection has at `pool` so far, and room for before it thins them out. */
let size: u32 = 0;
let room: u32 = 0;
/** A key that ranks at or behind it is not kept. */
let bound: i32 = 0;

/**
 * Offers the allowed rows from where {@link startBetween} set out to the pool, but for those that the walk before has seen.
 * O(rows / 32 + matches).
 *
 * @returns false where it was stopped; another call goes on from there
 */
export function offerAllowed<C>(to: u32): bool {
  while (!mustStop()) {
    const count = collect(to);
    if (count == 0) return true;
    touchRows(count);
    rankBatch<C>(count);
    offerBatch(count);
  }
  return false;
}

export function startSelection(most: u32, to: u32): void {
  room = min<u32>(max<u32>(2 * most, 256), poolKeysMax);
  size = 0;
  bound = i32.MAX_VALUE;
  startBetween(0, to);
}

/**
 * Ranks the allowed rows below `to` and makes a pool of the `most` nearest and all that may be among them by their exact
 * ranks, `candidatesMax` at most. O(to / 32 + matches).
 *
 * Keys are heaped up and thinned out when there is no more room, which takes a few comparisons a key where a sorted pool
 * would move many.
 *
 * @returns false where it was stopped; another call goes on from there
 */
export function selectAllowed<C>(most: u32, candidatesMax: u32, to: u32): bool {
  for (;;) {
    if (mustStop()) return false;
    const count = collect(to);
    if (count == 0) break;
    touchRows(count);
    rankBatch<C>(count);
    if (size + count > room) {
      size = thinOut<C>(size, most, candidatesMax);
      // At least as much room again, so that thinning out takes no more than a few comparisons a key.
      room = min<u32>(max(room, 2 * size + stepRows), poolKeysMax);
      bound = thinnedBound;
    }
    const limit = bound;
    for (let i: u32 = 0; i < count; i += 4) {
      const near = i32x4.lt_s(v128.load(batchRanks + (<usize>i << 2)), i32x4.splat(limit));
      if (!v128.any_true(near)) continue;
      let end = size;
      for (let at = i; at < min(i + 4, count); at++) {
        const rank = i32At(batchRanks, at);
        setI64(pool, end, keyOf(rank, u32At(batchRows, at)));
        end += <u32>(rank < limit);
      }
      size = end;
    }
  }
  size = thinOut<C>(size, most, candidatesMax);
  sortKeys(pool, 0, size);
  takePool(size);
  return true;
}

/** A key that ranks at or behind it was dropped by the last thinning, or would be. */
let thinnedBound: i32 = i32.MAX_VALUE;

/** Drops what cannot be among the `most` nearest. @returns how many keys are left */
function thinOut<C>(size: u32, most: u32, candidatesMax: u32): u32 {
  thinnedBound = i32.MAX_VALUE;
  if (size <= most) return size;
  selectSmallest(pool, size, most);
  const last = largestOf(most);
  thinnedBound = rankLimit<C>(rowOfKey(last), rankOfKey(last));
  let left = most;
  for (let i = most; i < size; i++) {
    const key = i64At(pool, i);
    setI64(pool, left, key);
    left += <u32>(rankOfKey(key) < thinnedBound);
  }
  if (left <= candidatesMax) return left;
  selectSmallest(pool, left, candidatesMax);
  thinnedBound = rankOfKey(largestOf(candidatesMax));
  return candidatesMax;
}

function largestOf(count: u32): i64 {
  let largest = i64At(pool, 0);
  for (let i: u32 = 1; i < count; i++) largest = max(largest, i64At(pool, i));
  return largest;
}

/** Where the next scan of allowed rows begins. */
export function startBetween(from: u32, to: u32): void {
  word = from >> 5;
  bits = from < to ? u32At(allowed, word) & (~0 << (from & 31)) : 0;
}

/** The next allowed rows into `batchRows`. @returns how many; none where there are no more */
function collect(to: u32): u32 {
  // Globals are copied: the compiler would load them again for every row.
  const filter = allowed, first = batchRows, seen = tags, now = epoch;
  const end = first + (stepRows << 2);
  let place = first, at = word, left = bits;
  while (place < end) {
    if (left == 0) {
      if ((at + 1) << 5 >= to) break;
      left = u32At(filter, ++at);
      continue;
    }
    const row = (at << 5) + <u32>ctz(left);
    left &= left - 1;
    store<u32>(place, row);
    place += <usize>(load<u8>(seen + row) != now) << 2;
  }
  word = at;
  bits = left;
  return <u32>((place - first) >> 2);
}
