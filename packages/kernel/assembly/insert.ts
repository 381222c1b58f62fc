import * as header from "../src/headerWords";
import { chosenRowsPerLevel } from "../src/scratchShape";
import { i32At, setU32, u32At } from "./arrays";
import { descend } from "./descend";
import { aimAtRow } from "./encode";
import { keyOf, rankOfKey, rowOfKey } from "./key";
import { appendLink, linkCount, linksMaxAt, linksOf, publishLinks } from "./links";
import { poolSize, seedPool, startInsertion } from "./pool";
import { rankBatch, rankOne } from "./rank";
import { batchRanks, batchRows, chosen, crowded, kept, pool } from "./scratch";
import { efConstruction, entry, levels, linksMax, upperPool, upperPoolBytes, upperRefs } from "./segment";
import { selectNeighbours } from "./selectNeighbours";
import { lock, unlock } from "./spinLock";
import { walk } from "./walk";

const entryAt: usize = header.entryWord << 2;

/**
 * Links a row into the graph (Malkov & Yashunin 2018, alg. 1), while others search it and link into it.
 *
 * Neighbours are chosen from the top level down, but links are published from level 0 up: whoever reaches the row at
 * some level finds its lists below complete. So no search ever ends at a node that leads nowhere, and nobody else adds
 * to a list before its owner has published it.
 */
export function insertRow<C>(row: u32): void {
  const level = reserveLists(row);
  let start = entry();
  if (start == 0) {
    start = atomic.cmpxchg<i64>(entryAt, 0, packEntry(row, level));
    if (start == 0) return;
  }
  const top = <i32>(start >> 32);
  const linked = min(level, top);
  aimAtRow<C>(row);
  const selfRank = rankOne<C>(row);
  let best = descend<C>(<u32>start - 1, top, linked);
  for (let at = linked; at >= 0; at--) {
    startInsertion(efConstruction);
    seedPool(best);
    walk<C>(at);
    best = load<i64>(pool);
    const rows = chosenAt(at);
    store<u32>(rows, selectNeighbours<C>(selfRank, pool, poolSize, linksMax, rows + 4));
    aimAtRow<C>(row);
  }
  for (let at = 0; at <= linked; at++) {
    const rows = chosenAt(at);
    const count = load<u32>(rows);
    publishLinks(linksOf(row, at), rows + 4, count);
    for (let i: usize = 1; i <= count; i++) linkBack<C>(u32At(rows, i), row, at);
  }
  raiseEntry(row, level);
}

// @ts-ignore: decorator
@inline
function chosenAt(level: i32): usize {
  return chosen + <usize>level * ((chosenRowsPerLevel + 4) << 2);
}

// @ts-ignore: decorator
@inline
function packEntry(row: u32, level: i32): i64 {
  return (<i64>level << 32) | <i64>(row + 1);
}

/** Takes room for the row's upper lists. @returns its level, 0 where the pool of upper lists is used up */
function reserveLists(row: u32): i32 {
  const level: i32 = load<u8>(levels + row);
  if (level == 0) return 0;
  const bytes = <u32>level * ((linksMax << 2) + 4);
  const at = atomic.add<u32>(header.upperPoolUsedWord << 2, bytes);
  if (at + bytes > upperPoolBytes) {
    atomic.sub<u32>(header.upperPoolUsedWord << 2, bytes);
    store<u8>(levels + row, 0);
    return 0;
  }
  store<u32>(upperRefs + (<usize>row << 2), <u32>upperPool + at);
  return level;
}

/** Adds `row` to the list of `owner`; one that is full is chosen anew from its old and new members. */
function linkBack<C>(owner: u32, row: u32, level: i32): void {
  const most = linksMaxAt(level);
  lock(owner);
  const list = linksOf(owner, level);
  const count = linkCount(list);
  if (count < most) {
    appendLink(list, count, row);
  } else {
    for (let i: usize = 0; i < <usize>count << 2; i += 4) store<u32>(batchRows + i, load<u32>(list + 4 + i));
    setU32(batchRows, count, row);
    aimAtRow<C>(owner);
    const selfRank = rankOne<C>(owner);
    rankBatch<C>(count + 1);
    sortBatch(count + 1);
    publishLinks(list, kept, selectNeighbours<C>(selfRank, crowded, count + 1, most, kept));
  }
  unlock(owner);
}

/** The ranked batch as ascending keys in `crowded`; of equal ranks the newest first, so that old ones make way. */
function sortBatch(count: u32): void {
  for (let i: usize = 0; i < count; i++) {
    const key = keyOf(i32At(batchRanks, i), u32At(batchRows, i));
    let place = crowded + (i << 3);
    for (; place > crowded && rankOfKey(load<i64>(place - 8)) >= rankOfKey(key); place -= 8) store<i64>(place, load<i64>(place - 8));
    store<i64>(place, key);
  }
}

/** Walks start at a node of the highest level. */
function raiseEntry(row: u32, level: i32): void {
  for (;;) {
    const seen = entry();
    if (<i32>(seen >> 32) >= level) return;
    if (atomic.cmpxchg<i64>(entryAt, seen, packEntry(row, level)) == seen) return;
  }
}
