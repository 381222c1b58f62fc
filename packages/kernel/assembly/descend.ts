import { touchRows } from "./gather";
import { keyOf, rankOfKey, rowOfKey } from "./key";
import { linkCount, linksOf } from "./links";
import { rankBatch, rankOne } from "./rank";
import { batchRanks, batchRows } from "./scratch";

/** From a node at level `from`, greedily to the nearest found at level `to` + 1. @returns its key */
export function descend<C>(start: u32, from: i32, to: i32): i64 {
  let best = keyOf(rankOne<C>(start), start);
  for (let level = from; level > to; level--) {
    for (let moved = true; moved; ) {
      moved = false;
      const list = linksOf(rowOfKey(best), level);
      const count = linkCount(list);
      for (let i: usize = 0; i < <usize>count << 2; i += 4) store<u32>(batchRows + i, load<u32>(list + 4 + i));
      touchRows(count);
      rankBatch<C>(count);
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        const rank = load<i32>(batchRanks + i);
        if (rank >= rankOfKey(best)) continue;
        best = keyOf(rank, load<u32>(batchRows + i));
        moved = true;
      }
    }
  }
  return best;
}
