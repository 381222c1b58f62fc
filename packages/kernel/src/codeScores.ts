import type { Metric } from "@akidb/base";
import type { SearchResult } from "./rescorer.ts";

export interface CodeScale {
  readonly metric: Metric;
  /** What ranks of squared distances leave out. */
  readonly probeSquares: number;
  /** By what vectors are multiplied before they are coded, unless they are normalised. */
  readonly unit: number;
}

const rankInt = new Int32Array(1);
const rankFloat = new Float32Array(rankInt.buffer);

/**
 * The first `k` of what a search left, by their codes alone.
 *
 * @param keys row and sortable rank of each, nearest first
 */
export function codeScores(keys: Uint32Array, k: number, scale: CodeScale): SearchResult {
  const rows = new Uint32Array(k);
  const scores = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    rows[i] = keys[2 * i]!;
    const sortable = keys[2 * i + 1]! | 0;
    rankInt[0] = sortable ^ ((sortable >> 31) & 0x7fff_ffff);
    scores[i] = scoreOf(rankFloat[0]!, scale);
  }
  return { rows, scores };
}

/** See `assembly/rank.ts`: a squared distance, of unit vectors under cosine, or the negative inner product. */
function scoreOf(rank: number, { metric, probeSquares, unit }: CodeScale): number {
  switch (metric) {
    case "cosine":
      return Math.max(-1, Math.min(1, 1 - (rank + probeSquares) / 2));
    case "dot":
      return -rank / unit ** 2;
    case "l2":
      return -Math.sqrt(Math.max(0, rank + probeSquares)) / unit;
  }
}
