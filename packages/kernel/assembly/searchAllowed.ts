import * as header from "../src/headerWords";
import { allowOnlyLive } from "./allowed";
import { bitAt, i64At, u32At } from "./arrays";
import { descend } from "./descend";
import { aimAtInput } from "./encode";
import { scanCost, stepCost, twoLinkStepCost } from "./filterCosts";
import { gather, touchRows } from "./gather";
import { gatherAllowed, takeFrom } from "./gatherAllowed";
import { expandedFlag, rowOfKey } from "./key";
import { linkCount, linksOf } from "./links";
import { offerBatch, poolSize, seedPool, startSearch, startWideSearch } from "./pool";
import { rankBatch } from "./rank";
import { offerAllowed, selectAllowed } from "./scanAllowed";
import { allowed, cancelled, pool } from "./scratch";
import { takeNearest } from "./search";
import { codec, entry, linkedPrefix, linksMax, rowCount } from "./segment";
import { touchNext } from "./walk";

/** Below it, what is two links apart in a graph no longer hangs together: recall falls under 0.95. */
const twoLinkShareMin: f64 = 0.03;
/** A filter that allows less than this part of its overall share near the query is not the same everywhere. */
const evenShareMin: f64 = 0.6;
/**
 * One that allows less than this part excludes the query's surroundings. The nearest rows allowed then lie on all sides
 * at the rim of what it excludes, at almost the same distance: a walk would find few of them, and late.
 */
const vicinityShareMin: f64 = 0.3;
/** Where less is allowed, a step of such a walk needs all the rows that it can gather; elsewhere a few are enough. */
const sparseShare: f64 = 0.08;
/** Rows that codes cannot tell from the nearest are ranked exactly, but not more than so many, or times `ef`. */
const candidatesMax: u32 = 16384;
const oneBitWidening: u32 = 8;

/** A walk is given up when it has taken this many times the steps that were expected, or as long as a scan takes. */
const patience: f64 = 2;

const finished = 1;
const givenUp = 0;
const stopped = -1;

/**
 * The rows nearest to the input by their codes, of those whose bit is set in `allowed`, and live.
 *
 * @param ef rows that a walk keeps, at least `most`
 * @param most rows that are wanted
 * @param rowsMax rows that the filter speaks of
 * @returns how many rows lie at `pool`, as keys, nearest first: with the wanted ones those that their codes cannot be told
 * from, and maybe others; −1 where it was cancelled
 */
export function searchAllowedRows(ef: u32, most: u32, rowsMax: u32): i32 {
  if (codec == header.codecFloat) return searchAllowed<f32>(ef, most, rowsMax);
  if (codec == header.codecSevenBit) return searchAllowed<u8>(ef, most, rowsMax);
  return searchAllowed<bool>(ef, most, rowsMax);
}

/**
 * By what is expected to take least time:
 *
 * * a scan of the matches: linear in them, and as good as exact;
 * * a walk through the whole graph that counts only matches against `ef`: for filters that allow much near the query;
 * * a walk from match to match, over one link or two: for filters that allow less, but as much near the query as elsewhere.
 */
function searchAllowed<C>(ef: u32, most: u32, rowsMax: u32): i32 {
  const visible = min(rowCount(), rowsMax);
  const matches = allowOnlyLive(visible);
  const tail = linkedPrefix();
  const start = entry();
  aimAtInput();
  startSearch(ef, 0, false);
  const costOfScan = <f64>matches * scanCost();
  if (start == 0 || costOfScan <= <f64>most * stepCost()) return scanAllowed<C>(ef, most, visible);

  const nearest = descend<C>(<u32>start - 1, <i32>(start >> 32), 0);
  const share = <f64>matches / visible;
  const near = shareAround(rowOfKey(nearest));
  const kept = max(most, <u32>(<f64>ef * near));
  const steps = near >= share * vicinityShareMin ? <f64>kept / near : Infinity;
  const isEven = share >= twoLinkShareMin && near >= share * evenShareMin;
  const costOfTwoLinks = isEven ? <f64>ef * twoLinkStepCost() : Infinity;
  let end = givenUp;
  if (steps * stepCost() < min(costOfScan, costOfTwoLinks)) {
    startWideSearch(kept, ef, allowed, false);
    seedPool(nearest);
    end = walkThrough<C>(<u32>min(patience * steps, costOfScan / stepCost()));
  } else if (costOfTwoLinks < costOfScan) {
    end = walkMatches<C>(nearest, near < sparseShare ? linksMax << 1 : linksMax >> 1);
  }
  if (end == stopped) return -1;
  if (end == givenUp) {
    startSearch(ef, 0, false);
    return scanAllowed<C>(ef, most, visible);
  }
  return offerAllowed<C>(tail, visible) ? takeNearest(ef, visible) : -1;
}

function scanAllowed<C>(ef: u32, most: u32, visible: u32): i32 {
  const limit = isBoolean<C>() ? min(ef * oneBitWidening, candidatesMax) : candidatesMax;
  return selectAllowed<C>(most, max(most, limit), visible) ? takeNearest(max(most, limit), visible) : -1;
}

/** Share of allowed rows two links away from a node. */
function shareAround(row: u32): f64 {
  const filter = allowed;
  const list = linksOf(row, 0);
  const count = linkCount(list);
  for (let i: u32 = 1; i <= count; i++) {
    const far = linksOf(u32At(list, i), 0);
    load<u8>(far);
    load<u8>(far, 64);
  }
  let seen: u32 = 0, allowedOnes: u32 = 0;
  for (let i: u32 = 1; i <= count; i++) {
    const far = linksOf(u32At(list, i), 0);
    const farCount = linkCount(far);
    for (let j: u32 = 1; j <= farCount; j++) allowedOnes += <u32>bitAt(filter, u32At(far, j));
    seen += farCount;
  }
  return seen > 0 ? <f64>allowedOnes / <f64>seen : 0;
}

/** Walks the whole graph; what is not allowed is a way and no result. */
function walkThrough<C>(stepsMax: u32): i32 {
  let current: u32 = 0;
  for (let step: u32 = 0; current < poolSize; step++) {
    if (step == stepsMax) return givenUp;
    if (atomic.load<i32>(cancelled) != 0) return stopped;
    const count = gather(expand(current), 0, 0);
    touchRows(count);
    current = offerFrom<C>(current, count);
  }
  return finished;
}

/** Walks the graph of the allowed rows alone. */
function walkMatches<C>(nearest: i64, gathered: u32): i32 {
  const row = rowOfKey(nearest);
  if (takeFrom(allowed, row) != 0) seedPool(nearest);
  let current = offerFrom<C>(-1, gatherAllowed(row, linksMax << 1, linksMax << 1));
  while (current < poolSize) {
    if (atomic.load<i32>(cancelled) != 0) return stopped;
    current = offerFrom<C>(current, gatherAllowed(expand(current), gathered, gathered));
  }
  return finished;
}

/** Marks a candidate as expanded. @returns its row */
function expand(place: u32): u32 {
  const key = i64At(pool, place);
  store<i64>(pool + (<usize>place << 3), key | expandedFlag);
  touchNext(place + 1, 0);
  return rowOfKey(key);
}

/** Offers what was gathered. @returns the place of the candidate to be expanded next */
function offerFrom<C>(current: u32, count: u32): u32 {
  rankBatch<C>(count);
  let next = min(current + 1, offerBatch(count));
  while (next < poolSize && (i64At(pool, next) & expandedFlag) != 0) next++;
  return next;
}
