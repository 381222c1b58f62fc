import { SeededRandom } from "@akidb/base";

/** Points of a plane of a few dimensions: a graph of them is linked soon, and read as fast as any. */
export function vectorMaker(dimension: number, random = new SeededRandom(1)): () => Float32Array {
  const directions = Array.from({ length: 16 }, () =>
    Float32Array.from({ length: dimension }, () => random.nextGaussian()),
  );
  return () => {
    const vector = new Float32Array(dimension);
    for (const direction of directions) {
      const weight = random.nextGaussian();
      for (let i = 0; i < dimension; i++) vector[i]! += weight * direction[i]!;
    }
    return vector;
  };
}
