import * as header from "../src/headerWords";
import { graphWalk } from "../src/searchMethods";
import { i64At, setI64 } from "./arrays";
import { descend } from "./descend";
import { noteMatches, noteMethod, startEffort } from "./effort";
import { aimAtInput } from "./encode";
import { deadFlag, keyOf, rankOfKey, rowOfKey } from "./key";
import { poolSize, seedPool, startSearch } from "./pool";
import { pool } from "./scratch";
import { codec, deadCount, entry, linkedPrefix, rowCount, tombstones } from "./segment";
import { scanRows } from "./scan";
import { walk } from "./walk";

/**
 * The rows nearest to the input by their codes.
 *
 * @param ef rows that the walk keeps, at least `most`
 * @param rankedMax rows that may be ranked, about
 * @returns how many rows, about `most`, lie at `pool`, as keys (see `key.ts`), nearest first; −1 where it was stopped
 */
export function searchRows(ef: u32, most: u32, rankedMax: u32): i32 {
  startEffort(rankedMax);
  noteMethod(graphWalk);
  if (codec == header.codecFloat) return search<f32>(ef, most);
  if (codec == header.codecSevenBit) return search<u8>(ef, most);
  return search<bool>(ef, most);
}

function search<C>(ef: u32, most: u32): i32 {
  const visible = rowCount();
  noteMatches(visible - min(deadCount(), visible));
  aimAtInput();
  startSearch(ef, deadCount() > 0 ? tombstones : 0, true);
  // What is linked from now on may be met twice, by the walk and the scan; the visited tags tell.
  const tail = linkedPrefix();
  const start = entry();
  if (start != 0) {
    seedPool(descend<C>(<u32>start - 1, <i32>(start >> 32), 0));
    if (!walk<C>(0)) return -1;
  }
  if (!scanRows<C>(tail, visible)) return -1;
  return takeNearest(most, visible);
}

/** The first live rows of the pool, as keys without flags, in its place. */
export function takeNearest(most: u32, visible: u32): i32 {
  let count: u32 = 0;
  for (let i: usize = 0; i < poolSize && count < most; i++) {
    const key = i64At(pool, i);
    const row = rowOfKey(key);
    // Rows that were published after the search began are left to the next one.
    if ((key & deadFlag) == 0 && row < visible) setI64(pool, count++, keyOf(rankOfKey(key), row));
  }
  return count;
}
