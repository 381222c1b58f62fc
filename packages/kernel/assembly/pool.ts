import { freshKeysMax, poolKeysMax } from "../src/scratchShape";
import { bitAt, i32At, i64At, setI64, u32At } from "./arrays";
import { deadFlag, keyOf, rankOfKey, rowOfKey } from "./key";
import { batchRanks, batchRows, fresh, pool } from "./scratch";
import { forgetVisits, visit } from "./visited";

// The pool: keys in ascending order, of which at most `liveMax` are of live rows. A sorted array moves more bytes than
// two heaps but branches less, and one structure is both the queue of candidates and the result.

export let poolSize: u32 = 0;
let liveCount: u32 = 0;
let liveMax: u32 = 0;
/** Keys that the pool keeps before it drops any, however many of them are of live rows. */
let keysMin: u32 = 0;
/** A bit per row and the value that it has for rows that are walked through and do not count; no bits, no such rows. */
let passedBits: usize = 0;
let passedBit: bool = false;
/** Whether it may be stopped: an insertion, once begun, is finished. */
export let stoppable: bool = false;

export function startSearch(ef: u32, bits: usize, bit: bool): void {
  startWideSearch(ef, 0, bits, bit);
}

/** A search that keeps `ef` rows of those that count, and no less than `keys` in all. */
export function startWideSearch(ef: u32, keys: u32, bits: usize, bit: bool): void {
  startPool(ef);
  keysMin = keys;
  passedBits = bits;
  passedBit = bit;
  stoppable = true;
}

export function startInsertion(ef: u32): void {
  startPool(ef);
  keysMin = 0;
  passedBits = 0;
  stoppable = false;
}

function startPool(ef: u32): void {
  poolSize = 0;
  liveCount = 0;
  liveMax = ef;
  forgetVisits();
}

// @ts-ignore: decorator
@inline
function passedFlag(row: u32): i64 {
  return passedBits != 0 && bitAt(passedBits, row) == passedBit ? deadFlag : 0;
}

/** The pool becomes what lies at `pool` already. */
export function takePool(size: u32): void {
  poolSize = size;
}

/** A key that ranks at or behind it cannot enter the pool. */
// @ts-ignore: decorator
@inline
function poolBound(): i32 {
  return liveCount < liveMax || poolSize < keysMin ? i32.MAX_VALUE : rankOfKey(i64At(pool, poolSize - 1));
}

/**
 * Merges `fresh` ascending keys into the pool, from its end, so that every key moves once.
 *
 * @returns the place of the first
 */
function mergeFresh(count: u32): u32 {
  let end = poolSize;
  for (let left: usize = count; left > 0; left--) {
    const key = i64At(fresh, left - 1);
    const place = placeOf(key, end);
    moveUp(place, end, left);
    setI64(pool, <usize>place + left - 1, key);
    liveCount += <u32>((key & deadFlag) == 0);
    end = place;
  }
  poolSize += count;
  if (liveCount > liveMax) dropLastLive();
  while (poolSize > <u32>poolKeysMax) dropLast();
  return end;
}

/** The place behind all of the first `size` keys that rank before the key or equal to it. */
function placeOf(key: i64, size: u32): u32 {
  let low: u32 = 0, high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBefore = rankOfKey(i64At(pool, middle)) <= rankOfKey(key);
    low = select<u32>(middle + 1, low, isBefore);
    high = select<u32>(high, middle, isBefore);
  }
  return low;
}

/** Moves the keys of [from, to) up by some places. */
// @ts-ignore: decorator
@inline
function moveUp(from: u32, to: u32, places: usize): void {
  const shift = places << 3;
  const start = pool + (<usize>from << 3);
  let at = pool + (<usize>to << 3);
  for (; at >= start + 16; at -= 16) v128.store(at - 16 + shift, v128.load(at - 16));
  if (at > start) store<i64>(at - 8 + shift, load<i64>(at - 8));
}

function dropLast(): void {
  poolSize--;
  if ((i64At(pool, poolSize) & deadFlag) == 0) liveCount--;
}

/** Drops the furthest live row and what dead ones now lie behind the new furthest. */
function dropLastLive(): void {
  while (liveCount > liveMax && poolSize > keysMin) dropLast();
  while (poolSize > keysMin && (i64At(pool, poolSize - 1) & deadFlag) != 0) poolSize--;
}

/** Offers the ranked batch to the pool. @returns the smallest place in it that changed */
export function offerBatch(count: u32): u32 {
  let lowest: u32 = poolKeysMax;
  for (let from: u32 = 0; from < count; from += freshKeysMax) {
    const accepted = sortFresh(from, min(count, from + freshKeysMax));
    if (accepted > 0) lowest = min(lowest, mergeFresh(accepted));
  }
  return lowest;
}

/** What of the batch may enter the pool, as ascending keys in `fresh`. @returns how many */
function sortFresh(from: u32, to: u32): u32 {
  const bound = poolBound();
  let size: usize = 0;
  for (let i: usize = from; i < to; i++) {
    const rank = i32At(batchRanks, i);
    if (rank >= bound) continue;
    const row = u32At(batchRows, i);
    const key = keyOf(rank, row) | passedFlag(row);
    let place = fresh + (size++ << 3);
    for (; place > fresh && load<i64>(place - 8) > key; place -= 8) store<i64>(place, load<i64>(place - 8));
    store<i64>(place, key);
  }
  return <u32>size;
}

/** Puts a first candidate into the pool, whatever an earlier walk has marked it with. */
export function seedPool(key: i64): void {
  const row = rowOfKey(key);
  visit(row);
  setI64(fresh, 0, keyOf(rankOfKey(key), row) | passedFlag(row));
  mergeFresh(1);
}
