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

/** The score as a textbook writes it, in double precision. */
export function plainScore(metric: Metric, a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  switch (metric) {
    case "cosine":
      return dot(a, b) / Math.sqrt(dot(a, a)) / Math.sqrt(dot(b, b)) || 0;
    case "dot":
      return dot(a, b);
    case "l2":
      return -Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
  }
}

/** The `k` best scores among the vectors. */
export function bestScores(
  metric: Metric,
  vectors: readonly Float32Array[],
  query: Float32Array,
  k: number,
  isWanted: (row: number) => boolean = () => true,
): number[] {
  return vectors
    .filter((_, row) => isWanted(row))
    .map((vector) => plainScore(metric, query, vector))
    .sort((a, b) => b - a)
    .slice(0, k);
}

/** Share of the found that are as good as the true ones; by score, so that ties count. */
export function recallOf(found: ArrayLike<number>, best: readonly number[]): number {
  if (best.length === 0) return found.length === 0 ? 1 : 0;
  const worst = best.at(-1)!;
  const tolerance = Math.abs(worst) * 1e-6;
  return Array.from(found).filter((score) => score >= worst - tolerance).length / best.length;
}
