import type { Metric, SeededRandom } from "@akidb/base";

/** Vectors of low intrinsic dimension, as embeddings are: 16 hidden factors, mixed, and a little noise. */
export function embeddingLike(random: SeededRandom, dimension: number): () => Float32Array {
  const factors = 16;
  const mixing = Array.from({ length: factors * dimension }, () => random.nextGaussian());
  return () => {
    const hidden = Array.from({ length: factors }, () => random.nextGaussian());
    return Float32Array.from({ length: dimension }, (_, i) => {
      const mixed = hidden.reduce((sum, weight, factor) => sum + weight * mixing[factor * dimension + i]!, 0);
      return mixed + 0.1 * random.nextGaussian();
    });
  };
}

/** The score as a textbook writes it, in double precision. In loops: tests do that millions of times. */
export function plainScore(metric: Metric, a: Float32Array, b: Float32Array): number {
  switch (metric) {
    case "cosine":
      return dot(a, b) / Math.sqrt(dot(a, a)) / Math.sqrt(dot(b, b)) || 0;
    case "dot":
      return dot(a, b);
    case "l2": {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
      return -Math.sqrt(sum);
    }
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The `k` best scores among the vectors. */
export function bestScores(
  metric: Metric,
  vectors: readonly Float32Array[],
  query: Float32Array,
  k: number,
  isWanted: (row: number) => boolean = () => true,
): number[] {
  const scores = new Float64Array(vectors.length);
  let count = 0;
  for (const [row, vector] of vectors.entries()) {
    if (isWanted(row)) scores[count++] = plainScore(metric, query, vector);
  }
  // Typed arrays sort in ascending order.
  return [
    ...scores
      .subarray(0, count)
      .sort()
      .subarray(Math.max(0, count - k)),
  ].reverse();
}

/** Share of the found that are as good as the true ones; by score, so that ties count. */
export function recallOf(found: ArrayLike<number>, best: readonly number[]): number {
  if (best.length === 0) return found.length === 0 ? 1 : 0;
  const worst = best.at(-1)!;
  const tolerance = Math.abs(worst) * 1e-6;
  return Array.from(found).filter((score) => score >= worst - tolerance).length / best.length;
}
