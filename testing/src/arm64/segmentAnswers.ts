import type { Segment } from "@akidb/kernel";

export interface SegmentAnswers {
  /** Mean share of the true ten nearest that the walk finds; by score, so that ties count. */
  readonly recallAt10: number;
  /** Of each query: rows and scores by the walk, and by looking at every row. */
  readonly answers: readonly Answer[];
}

interface Answer {
  readonly walk: RankedList;
  readonly exact: RankedList;
}

interface RankedList {
  readonly rows: readonly number[];
  readonly scores: readonly number[];
}

export function segmentAnswers(
  segment: Segment,
  queries: readonly Float32Array[],
  ef: number,
): SegmentAnswers {
  const search = (
    query: Float32Array,
    how: { readonly ef: number } | { readonly exact: true },
  ): RankedList => {
    const { rows, scores } = segment.search(query, { k: 10, ...how });
    return { rows: [...rows], scores: [...scores] };
  };
  const answers = queries.map((query) => ({
    walk: search(query, { ef }),
    exact: search(query, { exact: true }),
  }));
  const recallAt10 = answers.reduce((sum, answer) => sum + recallOf(answer), 0) / answers.length;
  return { recallAt10, answers };
}

function recallOf({ walk, exact }: Answer): number {
  const worst = exact.scores.at(-1)!;
  return walk.scores.filter((score) => score >= worst).length / exact.scores.length;
}
