import type { RankedRows } from "../index/vectorIndex.ts";

export type Fusion =
  /** Reciprocal ranks (Cormack, Clarke & Büttcher 2009): 1 / (k + rank) from each list. */
  | { readonly kind: "rrf"; readonly k: number }
  /** Scores of each list from 0 for its worst to 1 for its best; `weight` is the vectors' share, 0..1. */
  | { readonly kind: "weighted"; readonly weight: number };

/** What one list says of a row. */
export interface RankedPart {
  /** From 1 on. */
  readonly rank: number;
  /** The list's own: similarity, or BM25. */
  readonly score: number;
}

export interface FusedRows extends RankedRows {
  /** What was fused, row by row; undefined where a list has not got the row. */
  readonly parts: readonly {
    readonly vector: RankedPart | undefined;
    readonly text: RankedPart | undefined;
  }[];
}

/** One ranking of two, best first; of equal scores the row that was added earlier. */
export function fuseRanked(vector: RankedRows, text: RankedRows, fusion: Fusion): FusedRows {
  const byVector = partsOf(vector);
  const byText = partsOf(text);
  const share = shareOf(fusion, vector, text);
  const fused = Array.from(new Set([...vector.rows, ...text.rows]), (row) => {
    const parts = { vector: byVector.get(row), text: byText.get(row) };
    return { row, parts, score: share.vector(parts.vector) + share.text(parts.text) };
  });
  fused.sort((a, b) => b.score - a.score || a.row - b.row);
  return {
    rows: Uint32Array.from(fused, ({ row }) => row),
    scores: Float64Array.from(fused, ({ score }) => score),
    parts: fused.map(({ parts }) => parts),
  };
}

const partsOf = ({ rows, scores }: RankedRows): ReadonlyMap<number, RankedPart> =>
  new Map(Array.from(rows, (row, index) => [row, { rank: index + 1, score: scores[index]! }]));

type Share = (part: RankedPart | undefined) => number;

function shareOf(fusion: Fusion, vector: RankedRows, text: RankedRows): Record<"vector" | "text", Share> {
  if (fusion.kind === "rrf") {
    const reciprocal: Share = (part) => (part === undefined ? 0 : 1 / (fusion.k + part.rank));
    return { vector: reciprocal, text: reciprocal };
  }
  return { vector: normalised(vector, fusion.weight), text: normalised(text, 1 - fusion.weight) };
}

/** Where all are equally good, each is the best. */
function normalised({ scores }: RankedRows, weight: number): Share {
  const best = scores[0] ?? 0;
  const worst = scores.at(-1) ?? 0;
  return (part) => {
    if (part === undefined) return 0;
    return weight * (best === worst ? 1 : (part.score - worst) / (best - worst));
  };
}
