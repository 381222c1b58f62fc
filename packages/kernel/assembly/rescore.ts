import { metricCosine, metricL2 } from "../src/headerWords";
import { u32At } from "./arrays";

// Exact ranks in double precision over plain vectors, which lie in a memory of their own: this file serves the instance
// that is attached there and knows nothing of the segment.

let vectors: usize = 0;
let vectorBytes: u32 = 0;
let metric: u32 = 0;
let query: usize = 0;
let rows: usize = 0;
let ranks: usize = 0;

/**
 * @param at where the vectors lie, f32 × dimension each, `bytes` apart, padded with zeros to a multiple of 4
 * @param scratch of this thread: f64 query (as padded), u32 rows, f64 ranks
 */
export function attachVectors(at: usize, bytes: u32, kind: u32, scratch: usize, rowsAt: usize, ranksAt: usize): void {
  vectors = at;
  vectorBytes = bytes;
  metric = kind;
  query = scratch;
  rows = rowsAt;
  ranks = ranksAt;
}

/**
 * Ranks rows against the query, higher is better: cosine without the query's own norm, inner product, or the negative
 * squared distance.
 */
export function rescoreRows(count: u32): void {
  for (let i: usize = 0; i < count; i++) {
    const vector = vectors + <usize>u32At(rows, i) * vectorBytes;
    store<f64>(ranks + (i << 3), metric == metricL2 ? -squaredDistance(vector) : similarity(vector));
  }
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
