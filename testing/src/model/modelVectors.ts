import { SeededRandom } from "@akidb/base";

export const modelDimension = 24;

const gaussian = (random: SeededRandom): Float32Array =>
  Float32Array.from({ length: modelDimension }, () => random.nextGaussian());

/** As embeddings are: mostly in a few directions. */
const directions = (() => {
  const random = new SeededRandom(6);
  return Array.from({ length: 6 }, () => gaussian(random));
})();

export function modelVector(seed: number): Float32Array {
  const random = new SeededRandom(seed);
  const vector = gaussian(random).map((component) => 0.1 * component);
  for (const direction of directions) {
    const weight = random.nextGaussian();
    for (let i = 0; i < modelDimension; i++) vector[i]! += weight * direction[i]!;
  }
  return vector;
}

export const documentVector = (key: number, generation: number): Float32Array =>
  modelVector(Math.imul(generation, 2_654_435_761) ^ (key + 1));

/** Cosines of the `k` nearest, best first, in plain double precision. */
export function nearestScores(
  vectors: Iterable<Float32Array>,
  query: Float32Array,
  k: number,
): readonly number[] {
  const scores: number[] = [];
  const queryNorm = Math.hypot(...query);
  for (const vector of vectors) {
    let dot = 0;
    let squares = 0;
    for (let i = 0; i < modelDimension; i++) {
      dot += query[i]! * vector[i]!;
      squares += vector[i]! * vector[i]!;
    }
    scores.push(dot / (queryNorm * Math.sqrt(squares)));
  }
  return scores.sort((a, b) => b - a).slice(0, k);
}
