import type { RankedRows } from "./vectorIndex.ts";

export interface SegmentRanks extends RankedRows {
  /** Row of the collection that is the segment's row 0. */
  readonly firstRow: number;
}

/** The best `k` of several segments' results; of equally good rows the older first. */
export function mergeRanked(parts: readonly SegmentRanks[], k: number): RankedRows {
  const [only] = parts;
  if (parts.length === 1 && only?.firstRow === 0) return { rows: only.rows, scores: only.scores };
  const size = Math.min(
    k,
    parts.reduce((sum, { rows }) => sum + rows.length, 0),
  );
  const rows = new Uint32Array(size);
  const scores = new Float64Array(size);
  const next = parts.map(() => 0);
  for (let rank = 0; rank < size; rank++) {
    // Segments are in the order of their rows, so the first of the best is the oldest.
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const [index, part] of parts.entries()) {
      const at = next[index]!;
      if (at === part.rows.length || (best >= 0 && part.scores[at]! <= bestScore)) continue;
      best = index;
      bestScore = part.scores[at]!;
    }
    const { firstRow, rows: partRows } = parts[best]!;
    rows[rank] = firstRow + partRows[next[best]!]!;
    scores[rank] = bestScore;
    next[best]! += 1;
  }
  return { rows, scores };
}
