import type { Metric } from "@akidb/base";

/**
 * Plain kernels in double precision: huge and tiny components neither overflow nor vanish, and sums of small integers
 * are exact. `query` is f64 so that only one side converts; four sums break the chain of dependent additions.
 */
function dotProduct(query: Float64Array, rows: Float32Array, offset: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const length = query.length;
  const whole = length - (length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    const at = offset + i;
    a += query[i]! * rows[at]!;
    b += query[i + 1]! * rows[at + 1]!;
    c += query[i + 2]! * rows[at + 2]!;
    d += query[i + 3]! * rows[at + 3]!;
  }
  for (; i < length; i++) a += query[i]! * rows[offset + i]!;
  return a + b + (c + d);
}

export function squaredDistance(query: Float64Array, rows: Float32Array, offset: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const length = query.length;
  const whole = length - (length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    const at = offset + i;
    const da = query[i]! - rows[at]!;
    const db = query[i + 1]! - rows[at + 1]!;
    const dc = query[i + 2]! - rows[at + 2]!;
    const dd = query[i + 3]! - rows[at + 3]!;
    a += da * da;
    b += db * db;
    c += dc * dc;
    d += dd * dd;
  }
  for (; i < length; i++) {
    const difference = query[i]! - rows[offset + i]!;
    a += difference * difference;
  }
  return a + b + (c + d);
}

export function norm(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}

/**
 * What a scan ranks by, higher-is-better: cosine without the query's own norm and Euclidean distance without its
 * root, since neither changes the order. {@link scoreOfRank} finishes the few that are returned.
 */
export function rankOfRow(
  metric: Metric,
  query: Float64Array,
  rows: Float32Array,
  offset: number,
  rowNorm: number,
): number {
  switch (metric) {
    case "cosine":
      return dotProduct(query, rows, offset) / rowNorm;
    case "dot":
      return dotProduct(query, rows, offset);
    case "l2":
      return -squaredDistance(query, rows, offset);
  }
}

export function scoreOfRank(metric: Metric, rank: number, queryNorm: number): number {
  switch (metric) {
    case "cosine":
      // Rounding may carry a vector's cosine with itself past 1.
      return Math.max(-1, Math.min(1, rank / queryNorm));
    case "dot":
      return rank;
    case "l2":
      return -Math.sqrt(-rank);
  }
}
