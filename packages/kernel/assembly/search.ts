import * as header from "../src/headerWords";
import { i64At, setI64, setU32, u32At } from "./arrays";
import { descend } from "./descend";
import { aimAtInput } from "./encode";
import { gatherAllowed, isAllowed } from "./gather";
import { deadFlag, keyOf, rankOfKey, rowOfKey } from "./key";
import { linkCount, linksOf } from "./links";
import { offerBatch, poolSize, seedPool, startSearch } from "./pool";
import { rankBatch } from "./rank";
import { allowed, batchRows, pool } from "./scratch";
import { codec, deadCount, entry, linkedPrefix, rowCount, tombstones } from "./segment";
import { scanAllowedRows, scanRows } from "./scan";
import { walk } from "./walk";
import { isVisited, visit } from "./visited";

/** Allowed rows where a filtered walk starts besides the nearest node of the graph. */
const seedsMax: u32 = 64;
/** A filter that allows less than this part of its overall share near the query is met by a scan. */
const vicinityShareMin: f64 = 0.3;
/** That scan keeps this many times `ef` rows to be ranked exactly. */
const rimWidening: u32 = 8;
const rimCandidatesMax: u32 = 32768;

/**
 * The rows nearest to the input by their codes.
 *
 * @param ef rows that the walk keeps, at least `most`
 * @returns how many rows, about `most`, lie at `pool`, as keys (see `key.ts`), nearest first; −1 where it was cancelled
 */
export function searchRows(ef: u32, most: u32): i32 {
  if (codec == header.codecFloat) return search<f32>(ef, most);
  if (codec == header.codecSevenBit) return search<u8>(ef, most);
  return search<bool>(ef, most);
}

/**
 * The same among the rows whose bit is set in `allowed`, and live.
 *
 * @param rowsMax rows that the filter speaks of
 * @param matchesScannedMax where at most so many rows match, all are scanned
 */
export function searchAllowedRows(ef: u32, most: u32, rowsMax: u32, matchesScannedMax: u32): i32 {
  if (codec == header.codecFloat) return searchAllowed<f32>(ef, most, rowsMax, matchesScannedMax);
  if (codec == header.codecSevenBit) return searchAllowed<u8>(ef, most, rowsMax, matchesScannedMax);
  return searchAllowed<bool>(ef, most, rowsMax, matchesScannedMax);
}

function search<C>(ef: u32, most: u32): i32 {
  const visible = rowCount();
  aimAtInput();
  startSearch(ef, deadCount() > 0);
  // What is linked from now on may be met twice, by the walk and the scan; the visited tags tell.
  const tail = linkedPrefix();
  const start = entry();
  if (start != 0) {
    seedPool(descend<C>(<u32>start - 1, <i32>(start >> 32), 0));
    if (!walk<C>(0, false)) return -1;
  }
  if (!scanRows<C>(tail, visible)) return -1;
  return takeNearest(most, visible);
}

function searchAllowed<C>(ef: u32, most: u32, rowsMax: u32, matchesScannedMax: u32): i32 {
  const visible = min(rowCount(), rowsMax);
  const matches = allowOnlyLive(visible);
  aimAtInput();
  startSearch(ef, false);
  const tail = linkedPrefix();
  const start = entry();
  if (start == 0) return scanAllowed<C>(most, visible);
  const nearest = descend<C>(<u32>start - 1, <i32>(start >> 32), 0);
  if (excludesVicinity(rowOfKey(nearest), <f64>matches / visible)) {
    const widened = max(ef, min(ef * rimWidening, rimCandidatesMax));
    startSearch(widened, false);
    return scanAllowed<C>(widened, visible);
  }
  if (matches <= matchesScannedMax) return scanAllowed<C>(most, visible);
  seedAllowed<C>(visible);
  seedAround<C>(nearest);
  if (!walk<C>(0, true)) return -1;
  if (!scanAllowedRows<C>(tail, visible)) return -1;
  return takeNearest(most, visible);
}

function scanAllowed<C>(most: u32, visible: u32): i32 {
  return scanAllowedRows<C>(0, visible) ? takeNearest(most, visible) : -1;
}

/**
 * Whether a filter that allows `share` of all rows allows far less of those two links away from a node. The nearest
 * rows allowed then lie on all sides at the rim of what it excludes, at almost the same distance: a walk would find few of
 * them, and codes cannot tell them apart.
 */
function excludesVicinity(row: u32, share: f64): bool {
  let seen: u32 = 0, allowedOnes: u32 = 0;
  const list = linksOf(row, 0);
  for (let i: u32 = 1, count = linkCount(list); i <= count; i++) {
    const far = linksOf(u32At(list, i), 0);
    const farCount = linkCount(far);
    for (let j: u32 = 1; j <= farCount; j++) allowedOnes += <u32>isAllowed(u32At(far, j));
    seen += farCount;
  }
  return <f64>allowedOnes < <f64>seen * share * vicinityShareMin;
}

/** Takes dead rows and rows not yet visible out of the filter. @returns how many rows are left */
function allowOnlyLive(visible: u32): u32 {
  let matches: u32 = 0;
  for (let row: u32 = 0; row < visible; row += 32) {
    const at = (<usize>row >> 5) << 2;
    let word = load<u32>(allowed + at) & ~load<u32>(tombstones + at);
    if (visible - row < 32) word &= (1 << (visible - row)) - 1;
    store<u32>(allowed + at, word);
    matches += popcnt(word);
  }
  return matches;
}

/**
 * Starts from allowed rows all over the segment as well: where the filter excludes everything near the query, the walk
 * could not cross to what it allows.
 */
function seedAllowed<C>(visible: u32): void {
  const words = (visible + 31) >> 5;
  let count: usize = 0;
  let next: u32 = 0;
  for (let seed: u32 = 0; seed < seedsMax; seed++) {
    next = max(next, <u32>((<u64>seed * words) / seedsMax));
    while (next < words && u32At(allowed, next) == 0) next++;
    if (next == words) break;
    const row = (next << 5) + <u32>ctz(u32At(allowed, next));
    if (visit(row)) setU32(batchRows, count++, row);
    next++;
  }
  rankBatch<C>(<u32>count);
  offerBatch(<u32>count);
}

/** The nearest node of the whole graph, or where it is not allowed itself, the allowed rows around it. */
function seedAround<C>(key: i64): void {
  const row = rowOfKey(key);
  if (isAllowed(row)) {
    if (!isVisited(row)) seedPool(key);
    return;
  }
  const count = gatherAllowed(row);
  rankBatch<C>(count);
  offerBatch(count);
}

/** The first live rows of the pool, as keys without flags, in its place. */
function takeNearest(most: u32, visible: u32): i32 {
  let count: u32 = 0;
  for (let i: usize = 0; i < poolSize && count < most; i++) {
    const key = i64At(pool, i);
    const row = rowOfKey(key);
    // Rows that were published after the search began are left to the next one.
    if ((key & deadFlag) == 0 && row < visible) setI64(pool, count++, keyOf(rankOfKey(key), row));
  }
  return count;
}
