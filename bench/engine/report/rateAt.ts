import type { Curve, CurvePoint } from "../parts/curves.ts";

export type Clock = "queriesPerSecond" | "queriesPerCpuSecond";

/**
 * Queries per second at a recall, between the two measured points around it (logarithmic); at the first point where
 * even that finds more.
 *
 * @returns undefined where no point reaches the recall
 */
export function rateAt({ points }: Curve, recall: number, clock: Clock): number | undefined {
  const above = points.findIndex((point) => point.recall >= recall);
  if (above <= 0) return points[above]?.[clock];
  return between(points[above - 1]!, points[above]!, { recall, clock });
}

function between(
  low: CurvePoint,
  high: CurvePoint,
  { recall, clock }: { recall: number; clock: Clock },
): number {
  const share = (recall - low.recall) / (high.recall - low.recall);
  return Math.exp(Math.log(low[clock]) * (1 - share) + Math.log(high[clock]) * share);
}
