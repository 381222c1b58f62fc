import { SeededRandom } from "@akidb/base";

const factors = 16;

/**
 * Vectors of low intrinsic dimension, as embeddings are, that are the same bit for bit on every processor: sums of small
 * integers and one division, which IEEE 754 defines. `Math.log` and `Math.cos`, which Gaussians take, may differ in their
 * last bit. The quotients are no short fractions, so that sums of their products are rounded as those of real vectors are.
 */
export function portableVectors(seed: number, dimension: number): () => Float32Array {
  const random = new SeededRandom(seed);
  const signed = (most: number): number => random.nextInt(2 * most + 1) - most;
  const mixing = Array.from({ length: factors * dimension }, () => signed(9));
  return () => {
    const hidden = Array.from({ length: factors }, () => signed(9));
    return Float32Array.from({ length: dimension }, (_, i) => {
      const mixed = hidden.reduce((sum, weight, factor) => sum + weight * mixing[factor * dimension + i]!, 0);
      return (mixed + signed(9)) / 7;
    });
  };
}
