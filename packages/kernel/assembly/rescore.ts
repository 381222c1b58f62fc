import { metricCosine, metricL2 } from "../src/headerWords";
import { setU32, u32At } from "./arrays";

// Exact ranks in double precision over plain vectors, which may lie in a memory of their own: this file serves the
// instance that is attached there and knows nothing of the segment. Higher ranks are better: cosine without the query's
// own norm, inner product, or the negative squared distance.

let vectors: usize = 0;
let vectorBytes: u32 = 0;
let metric: u32 = 0;
/** f32 as handed in, then f64 × (vectorBytes / 4). */
let input: usize = 0;
let query: usize = 0;
/** Rows to be ranked: u32, or keys of a row and its rank by codes. */
let offered: usize = 0;
/** The best so far: rows u32 and ranks f64, best first. */
let bestRows: usize = 0;
let bestRanks: usize = 0;
let bestCount: u32 = 0;
let bestMax: u32 = 0;
/** Rows ranked for the query. */
let rankedCount: u32 = 0;
/** Exact ranks less those that codes foretell: the first seen; number, sum and sum of squares of their difference from it. */
let firstMiss: f64 = 0;
let missCount: f64 = 0;
let missSum: f64 = 0;
let missSquares: f64 = 0;

/** Rows ranked between two looks at whether the best can still change. */
const rowsPerLook: u32 = 4;
/** Standard deviations by which a row may be better than its code says. */
const deviationsMax: f64 = 4;

/**
 * @param at where the vectors lie, f32 × dimension each, `bytes` apart, padded with zeros to a multiple of 4
 * @param scratch of this thread, laid out as `RescoreShape` of the host says
 */
export function attachVectors(
  at: usize, bytes: u32, kind: u32,
  inputAt: usize, queryAt: usize, offeredAt: usize, bestRowsAt: usize, bestRanksAt: usize,
): void {
  vectors = at;
  vectorBytes = bytes;
  metric = kind;
  input = inputAt;
  query = queryAt;
  offered = offeredAt;
  bestRows = bestRowsAt;
  bestRanks = bestRanksAt;
}

/**
 * Forgets what was ranked before; the input is the new query.
 *
 * @param unit by what the stored vectors are multiplied
 * @returns the query's Euclidean length
 */
export function beginRescore(most: u32, unit: f64): f64 {
  bestCount = 0;
  bestMax = most;
  rankedCount = 0;
  missCount = missSum = missSquares = 0;
  let even = f64x2.splat(0), odd = even;
  const units = f64x2.splat(unit);
  for (let at: usize = 0; at < vectorBytes; at += 16) {
    const x = v128.load(input + at);
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
    v128.store(query + (at << 1), f64x2.mul(low, units));
    v128.store(query + (at << 1), f64x2.mul(high, units), 16);
  }
  return Math.sqrt(sumPair(f64x2.add(even, odd)));
}

/** Rows ranked for the query so far. */
export function rescored(): u32 {
  return rankedCount;
}

/** The vectors lie at `at` from now on: the same, or others of them that were brought there. */
export function moveVectors(at: usize): void {
  vectors = at;
}

/** Ranks the offered rows. @returns how many are kept by now */
export function rescoreRows(count: u32): u32 {
  touchVectors(0, count, 4);
  rankedCount += count;
  for (let i: usize = 0; i < count; i++) {
    const row = u32At(offered, i);
    keep(row, rankOf(vectorAt(row)));
  }
  return bestCount;
}

/** Ranks the offered rows, whose vectors lie one after the other. @returns how many are kept by now */
export function rescoreBroughtRows(count: u32): u32 {
  rankedCount += count;
  for (let i: u32 = 0; i < count; i++) keep(u32At(offered, i), rankOf(vectorAt(i)));
  return bestCount;
}

/**
 * Ranks the rows of the offered keys, which lie in ascending order of their ranks by codes, until the best can hardly
 * change: an exact rank is `slope` times that of the code plus a constant and an error, and what both are is seen in the
 * rows ranked so far. Good codes are thus believed, and coarse ones are not.
 *
 * @returns how many are kept by now
 */
export function rescoreKeys(count: u32, slope: f64): u32 {
  let from: u32 = 0;
  for (let to = lookEnd(0, count, slope); to > from; to = lookEnd(from, count, slope)) {
    touchVectors(from, to, 8);
    rankedCount += to - from;
    for (; from < to; from++) rankKey(from, vectorAt(u32At(offered, from << 1)), slope);
  }
  return bestCount;
}

/**
 * Where the look ends that begins at an offered key: at the key itself where the best can hardly change any more.
 *
 * @param count of the keys that are offered
 */
export function lookEnd(from: u32, count: u32, slope: f64): u32 {
  if (from == count || isSettled(from, slope)) return from;
  return min(count, from == 0 ? max(bestMax + (bestMax >> 2), rowsPerLook * 2) : from + rowsPerLook);
}

/** Ranks some of the offered keys, whose rows' vectors lie one after the other. @returns how many are kept by now */
export function rescoreBroughtKeys(from: u32, to: u32, slope: f64): u32 {
  rankedCount += to - from;
  for (let i: u32 = 0; from + i < to; i++) rankKey(from + i, vectorAt(i), slope);
  return bestCount;
}

// @ts-ignore: decorator
@inline
function rankKey(place: u32, vector: usize, slope: f64): void {
  const rank = rankOf(vector);
  noteMiss(rank - slope * codeRank(place));
  keep(u32At(offered, place << 1), rank);
}

// @ts-ignore: decorator
@inline
function vectorAt(place: u32): usize {
  return vectors + <usize>place * vectorBytes;
}

// @ts-ignore: decorator
@inline
function noteMiss(miss: f64): void {
  if (missCount++ == 0) firstMiss = miss;
  const beside = miss - firstMiss;
  missSum += beside;
  missSquares += beside * beside;
}

/** Whether the rows from a key on would have to be better than their codes by more than seems possible. */
function isSettled(from: u32, slope: f64): bool {
  if (bestCount < bestMax) return false;
  const mean = missSum / missCount;
  const deviation = Math.sqrt(max(0, missSquares / missCount - mean * mean));
  return slope * codeRank(from) + firstMiss + mean + deviationsMax * deviation < rankAt(bestMax - 1);
}

/** The rank in an offered key: an f32 as a sortable integer. */
// @ts-ignore: decorator
@inline
function codeRank(place: u32): f64 {
  const sortable = load<i32>(offered + (<usize>place << 3), 4);
  return <f64>reinterpret<f32>(sortable ^ ((sortable >> 31) & 0x7fffffff));
}

// @ts-ignore: decorator
@inline
function rankOf(vector: usize): f64 {
  return metric == metricL2 ? -squaredDistance(vector) : similarity(vector);
}

/** Starts to load all of them: they come from main memory, and one after the other each would be waited for. */
// @ts-ignore: decorator
@inline
function touchVectors(from: u32, to: u32, bytesPerRow: usize): void {
  const bytes: usize = vectorBytes, all = vectors;
  for (let at = offered + <usize>from * bytesPerRow; at < offered + <usize>to * bytesPerRow; at += bytesPerRow) {
    let line = all + <usize>load<u32>(at) * bytes;
    for (const end = line + min<usize>(bytes, 4096); line < end; line += 256) {
      load<u8>(line);
      load<u8>(line, 64);
      load<u8>(line, 128);
      load<u8>(line, 192);
    }
  }
}

/** Of equal ranks the smaller row comes first, so that results do not depend on the order of offers. */
function keep(row: u32, rank: f64): void {
  if (bestCount == bestMax) {
    if (bestMax == 0 || !isBefore(row, rank, bestMax - 1)) return;
    bestCount--;
  }
  let place = bestCount++;
  for (; place > 0 && isBefore(row, rank, place - 1); place--) {
    setU32(bestRows, place, u32At(bestRows, place - 1));
    store<f64>(bestRanks + (<usize>place << 3), rankAt(place - 1));
  }
  setU32(bestRows, place, row);
  store<f64>(bestRanks + (<usize>place << 3), rank);
}

// @ts-ignore: decorator
@inline
function rankAt(place: u32): f64 {
  return load<f64>(bestRanks + (<usize>place << 3));
}

// @ts-ignore: decorator
@inline
function isBefore(row: u32, rank: f64, place: u32): bool {
  const other = rankAt(place);
  return rank > other || (rank == other && row < u32At(bestRows, place));
}

function similarity(vector: usize): f64 {
  let even = f64x2.splat(0), odd = even, evenNorm = even, oddNorm = even;
  let probe = query;
  for (const end = vector + vectorBytes; vector < end; vector += 16, probe += 32) {
    const x = v128.load(vector);
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
    even = f64x2.add(even, f64x2.mul(low, v128.load(probe)));
    odd = f64x2.add(odd, f64x2.mul(high, v128.load(probe, 16)));
    if (metric == metricCosine) {
      evenNorm = f64x2.add(evenNorm, f64x2.mul(low, low));
      oddNorm = f64x2.add(oddNorm, f64x2.mul(high, high));
    }
  }
  const dot = sumPair(f64x2.add(even, odd));
  if (metric != metricCosine) return dot;
  const norm = Math.sqrt(sumPair(f64x2.add(evenNorm, oddNorm)));
  return norm > 0 ? dot / norm : 0;
}

function squaredDistance(vector: usize): f64 {
  let even = f64x2.splat(0), odd = even;
  let probe = query;
  for (const end = vector + vectorBytes; vector < end; vector += 16, probe += 32) {
    const x = v128.load(vector);
    const low = f64x2.sub(f64x2.promote_low_f32x4(x), v128.load(probe));
    const high = f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)), v128.load(probe, 16));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  return sumPair(f64x2.add(even, odd));
}

// @ts-ignore: decorator
@inline
function sumPair(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}
