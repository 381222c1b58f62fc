export const metrics = ["cosine", "dot", "l2"] as const;

/** How the distance of two vectors is measured. */
export type Metric = (typeof metrics)[number];

/**
 * The metric's own value from the score, which is higher-is-better for all: cosine similarity → 1 − cosine, inner
 * product → −inner product, negative Euclidean → Euclidean distance.
 */
export const scoreToDistance = (metric: Metric, score: number): number =>
  metric === "cosine" ? 1 - score : -score;
