import { SeededRandom } from "@akidb/base";

export interface EmbeddingLike {
  readonly metric: "cosine";
  /** `rows × dimension`, row-major. */
  readonly vectors: Float32Array;
  readonly queries: Float32Array;
}

/**
 * Unit vectors as embeddings are: few hidden factors in uneven, stretched clusters, mixed into all dimensions, and a
 * little noise. Uniformly random vectors would be far harder than any real data, and rank engines differently.
 */
export function embeddingLike(dimension: number, rows: number, queries: number): EmbeddingLike {
  const random = new SeededRandom(dimension);
  const factors = dimension <= 128 ? 32 : 48;
  const clusters = 300;
  const gaussians = (count: number, scale = 1) =>
    Float64Array.from({ length: count }, () => scale * random.nextGaussian());
  const mixing = gaussians(factors * dimension, 1 / Math.sqrt(factors));
  const centers = gaussians(clusters * factors);
  const spreads = Float64Array.from({ length: clusters * factors }, () => 0.5 + 0.6 * random.nextFloat());
  const sizes = Array.from({ length: clusters }, () => -Math.log(1 - random.nextFloat()));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let reached = 0;
  const upTo = sizes.map((size) => {
    reached += size / total;
    return reached;
  });

  const hidden = new Float64Array(factors);
  const mixed = new Float64Array(dimension);
  function draw(count: number): Float32Array {
    const out = new Float32Array(count * dimension);
    for (let row = 0; row < count; row++) {
      const place = random.nextFloat();
      const cluster = Math.max(
        0,
        upTo.findIndex((end) => place < end),
      );
      for (let f = 0; f < factors; f++) {
        const at = cluster * factors + f;
        hidden[f] = centers[at]! + spreads[at]! * random.nextGaussian();
      }
      for (let i = 0; i < dimension; i++) mixed[i] = 0.05 * random.nextGaussian();
      for (let f = 0; f < factors; f++) {
        const weight = hidden[f]!;
        const at = f * dimension;
        for (let i = 0; i < dimension; i++) mixed[i]! += weight * mixing[at + i]!;
      }
      const length = Math.sqrt(mixed.reduce((sum, x) => sum + x * x, 0));
      for (let i = 0; i < dimension; i++) out[row * dimension + i] = mixed[i]! / length;
    }
    return out;
  }
  return { metric: "cosine", vectors: draw(rows), queries: draw(queries) };
}
