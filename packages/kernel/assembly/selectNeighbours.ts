import { fillGroup, i64At, setU32, u32At } from "./arrays";
import { aimAtRow } from "./encode";
import { rankOfKey, rowOfKey } from "./key";
import { rankFour } from "./rank";

/**
 * The heuristic choice of neighbours (Malkov & Yashunin 2018, alg. 4): a candidate is kept unless it is nearer to one
 * already kept than to the node itself, so that links lead in all directions. O(count · kept) ranks. Takes the probe.
 *
 * Where that leaves few, the nearest of the others fill up. And of rows equal to the node only so many are kept: a
 * crowd of duplicates would link to each other alone, and hide everything else.
 *
 * @param selfRank what the node ranks against itself
 * @param keys i64 × count, ascending, ranked against the node; the node itself not among them
 * @param kept room for `most` rows and three more
 * @returns how many were kept
 */
export function selectNeighbours<C>(selfRank: i32, keys: usize, count: u32, most: u32, kept: usize): u32 {
  let size: u32 = 0;
  let equals: u32 = 0;
  for (let i: usize = 0; i < count && size < most; i++) {
    const key = i64At(keys, i);
    const candidate = rowOfKey(key);
    if (rankOfKey(key) == selfRank && ++equals > most >> 2) continue;
    if (size > 0) {
      aimAtRow<C>(candidate);
      if (isNearerToKept<C>(kept, size, rankOfKey(key))) continue;
    }
    setU32(kept, size++, candidate);
  }
  const least = most >> 2;
  const chosenOnes = size;
  for (let i: usize = 0; i < count && size < least; i++) {
    const candidate = rowOfKey(i64At(keys, i));
    if (!isAmong(candidate, kept, chosenOnes)) setU32(kept, size++, candidate);
  }
  return size;
}

function isAmong(row: u32, rows: usize, count: u32): bool {
  for (let i: usize = 0; i < count; i++) if (u32At(rows, i) == row) return true;
  return false;
}

/** Whether the probe is nearer to one of the rows than `rank`. */
// @ts-ignore: decorator
@inline
function isNearerToKept<C>(kept: usize, size: u32, rank: i32): bool {
  fillGroup(kept, size);
  const ranks = i32x4.splat(rank);
  for (let at = kept; at < kept + (<usize>size << 2); at += 16) {
    const between = rankFour<C>(load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
    if (v128.any_true(i32x4.lt_s(between, ranks))) return true;
  }
  return false;
}
