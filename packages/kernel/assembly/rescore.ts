import { metricCosine, metricL2 } from "../src/headerWords";
import { setU32, u32At } from "./arrays";
import { keepTouched } from "./touch";

// Exact ranks in double precision over plain vectors, which may lie in a memory of their own: this file serves the
// instance that is attached there and knows nothing of the segment. Higher ranks are better: cosine without the query's
// own norm, inner product, or the negative squared distance.

let vectors: usize = 0;
let vectorBytes: u32 = 0;
let metric: u32 = 0;
/** f32 as handed in, then f64 × (vectorBytes / 4). */
let input: usize = 0;
let query: usize = 0;
/** Rows to be ranked, u32. */
let offered: usize = 0;
/** The best so far: rows u32 and ranks f64, best first. */
let bestRows: usize = 0;
let bestRanks: usize = 0;
let bestCount: u32 = 0;
let bestMax: u32 = 0;

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
  let squares: f64 = 0;
  for (let i: usize = 0; i < vectorBytes >> 2; i++) {
    const x = <f64>load<f32>(input + (i << 2));
    squares += x * x;
    store<f64>(query + (i << 3), x * unit);
  }
  return Math.sqrt(squares);
}

/** Ranks the offered rows. @returns how many are kept by now */
export function rescoreRows(count: u32): u32 {
  touchVectors(count);
  for (let i: usize = 0; i < count; i++) {
    const row = u32At(offered, i);
    const vector = vectors + <usize>row * vectorBytes;
    keep(row, metric == metricL2 ? -squaredDistance(vector) : similarity(vector));
  }
  return bestCount;
}

/** Starts to load all of them: they come from main memory, and one after the other each would be waited for. */
function touchVectors(count: u32): void {
  let sum = 0;
  for (let line: u32 = 0; line < min<u32>(vectorBytes, 4096); line += 64) {
    for (let i: usize = 0; i < count; i++) sum += load<i32>(vectors + <usize>u32At(offered, i) * vectorBytes + line);
  }
  keepTouched(sum);
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
