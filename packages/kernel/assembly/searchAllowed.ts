import * as header from "../src/headerWords";
import { checkedWalk, matchScan, matchWalk } from "../src/searchMethods";
import { allowOnlyLive } from "./allowed";
import { bitAt, i64At, u32At } from "./arrays";
import { descend } from "./descend";
import { extendEffort, mustStop, noteMatches, noteMethod, startEffort } from "./effort";
import { aimAtInput } from "./encode";
import { scanCost, stepCost, twoLinkStepCost } from "./filterCosts";
import { gather, touchRows } from "./gather";
import { gatherAllowed, takeFrom } from "./gatherAllowed";
import { expandedFlag, rowOfKey } from "./key";
import { linkCount, linksOf } from "./links";
import { offerBatch, poolSize, seedPool, startSearch, startWideSearch } from "./pool";
import { rankBatch } from "./rank";
import { offerAllowed, selectAllowed, startBetween, startSelection } from "./scanAllowed";
import { allowed, pool } from "./scratch";
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

// The running search, which may stop and go on.
let ef: u32 = 0;
let most: u32 = 0;
let visible: u32 = 0;
/** What it has left to do: a walk, the tail behind it, or a scan. */
let stage: u32 = 0;
const stageCheckedWalk = 0;
const stageMatchWalk = 1;
const stageTail = 2;
const stageScan = 3;
/** Rows from here on are behind the graph. */
let tailStart: u32 = 0;
let stepsLeft: u32 = 0;
/** Matches of a step that a walk from match to match collects. */
let gathered: u32 = 0;

/**
 * The rows nearest to the input by their codes, of those whose bit is set in `allowed`, and live.
 *
 * @param width rows that a walk keeps, at least `wanted`
 * @param wanted rows that are wanted
 * @param rowsMax rows that the filter speaks of
 * @param rankedMax rows that may be ranked, about
 * @param keepsDead whether rows that have died since the filter was made are found
 * @returns how many rows lie at `pool`, as keys, nearest first: with the wanted ones those that their codes cannot be told
 * from, and maybe others; −1 where it was stopped
 */
export function searchAllowedRows(width: u32, wanted: u32, rowsMax: u32, rankedMax: u32, keepsDead: bool): i32 {
  startEffort(rankedMax);
  ef = width;
  most = wanted;
  visible = min(rowCount(), rowsMax);
  const matches = allowOnlyLive(visible, keepsDead);
  noteMatches(matches);
  if (codec == header.codecFloat) return searchAllowed<f32>(matches);
  if (codec == header.codecSevenBit) return searchAllowed<u8>(matches);
  return searchAllowed<bool>(matches);
}

/**
 * Goes on with the search that was stopped, as if it had not been; nothing else was done in the meantime.
 *
 * @param rankedMax rows that may be ranked from now on
 * @returns as {@link searchAllowedRows}
 */
export function resumeSearch(rankedMax: u32): i32 {
  extendEffort(rankedMax);
  if (codec == header.codecFloat) return proceed<f32>();
  if (codec == header.codecSevenBit) return proceed<u8>();
  return proceed<bool>();
}

/**
 * By what is expected to take least time:
 *
 * * a scan of the matches: linear in them, and as good as exact;
 * * a walk through the whole graph that counts only matches against `ef`: for filters that allow much near the query;
 * * a walk from match to match, over one link or two: for filters that allow less, but as much near the query as elsewhere.
 */
function searchAllowed<C>(matches: u32): i32 {
  const tail = linkedPrefix();
  const start = entry();
  aimAtInput();
  const costOfScan = <f64>matches * scanCost();
  if (start == 0 || costOfScan <= <f64>most * stepCost()) {
    startScan();
    return proceed<C>();
  }

  const nearest = descend<C>(<u32>start - 1, <i32>(start >> 32), 0);
  const share = <f64>matches / visible;
  const near = shareAround(rowOfKey(nearest));
  const kept = max(most, <u32>(<f64>ef * near));
  const steps = near >= share * vicinityShareMin ? <f64>kept / near : Infinity;
  const isEven = share >= twoLinkShareMin && near >= share * evenShareMin;
  const costOfTwoLinks = isEven ? <f64>ef * twoLinkStepCost() : Infinity;
  tailStart = tail;
  if (steps * stepCost() < min(costOfScan, costOfTwoLinks)) {
    noteMethod(checkedWalk);
    startWideSearch(kept, ef, allowed, false);
    seedPool(nearest);
    stage = stageCheckedWalk;
    stepsLeft = <u32>min(patience * steps, costOfScan / stepCost());
  } else if (costOfTwoLinks < costOfScan) {
    noteMethod(matchWalk);
    startSearch(ef, 0, false);
    stage = stageMatchWalk;
    gathered = near < sparseShare ? linksMax << 1 : linksMax >> 1;
    startMatchWalk<C>(nearest);
  } else {
    startScan();
  }
  return proceed<C>();
}

function startScan(): void {
  noteMethod(matchScan);
  startSearch(ef, 0, false);
  stage = stageScan;
  startSelection(most, visible);
}

/** Does what is left. @returns as {@link searchAllowedRows} */
function proceed<C>(): i32 {
  if (stage == stageCheckedWalk || stage == stageMatchWalk) {
    const end = stage == stageCheckedWalk ? walkThrough<C>() : walkMatches<C>();
    if (end == stopped) return -1;
    if (end == givenUp) {
      startScan();
    } else {
      stage = stageTail;
      startBetween(tailStart, visible);
    }
  }
  if (stage == stageScan) return scanAllowed<C>();
  return offerAllowed<C>(visible) ? takeNearest(ef, visible) : -1;
}

function scanAllowed<C>(): i32 {
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
function walkThrough<C>(): i32 {
  let current = firstToExpand(0);
  for (; current < poolSize; stepsLeft--) {
    if (stepsLeft == 0) return givenUp;
    if (mustStop()) return stopped;
    const count = gather(expand(current), 0, 0);
    touchRows(count);
    current = offerFrom<C>(current, count);
  }
  return finished;
}

function startMatchWalk<C>(nearest: i64): void {
  const row = rowOfKey(nearest);
  if (takeFrom(allowed, row) != 0) seedPool(nearest);
  offerFrom<C>(-1, gatherAllowed(row, linksMax << 1, linksMax << 1));
}

/** Walks the graph of the allowed rows alone. */
function walkMatches<C>(): i32 {
  let current = firstToExpand(0);
  while (current < poolSize) {
    if (mustStop()) return stopped;
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
  return firstToExpand(min(current + 1, offerBatch(count)));
}

/** From a place on. */
function firstToExpand(place: u32): u32 {
  while (place < poolSize && (i64At(pool, place) & expandedFlag) != 0) place++;
  return place;
}
