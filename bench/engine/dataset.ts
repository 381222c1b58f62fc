import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Metric, SeededRandom } from "../../packages/base/dist/index.js";

export interface Dataset {
  readonly name: string;
  readonly metric: Metric;
  readonly dimension: number;
  /** `rows × dimension`, row-major. */
  readonly vectors: Float32Array;
  readonly queries: Float32Array;
}

export const rowOf = (matrix: Float32Array, dimension: number, row: number): Float32Array =>
  matrix.subarray(row * dimension, (row + 1) * dimension);

/**
 * Unit vectors as embeddings are: few hidden factors in uneven, stretched clusters, mixed into all dimensions, and a
 * little noise. Uniformly random vectors would be far harder than any real data, and rank engines differently.
 */
export function embeddingLike(dimension: number, rows: number, queries: number): Dataset {
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
  return {
    name: `embedding-like ${dimension}-d`,
    metric: "cosine",
    dimension,
    vectors: draw(rows),
    queries: draw(queries),
  };
}

/** Handwritten digits, 784 pixels in 0..1, squared Euclidean; undefined where the data are not beside the repository. */
export function mnist(folder: URL, rows: number): Dataset | undefined {
  const read = (name: string): Float32Array | undefined => {
    const file = new URL(name, folder);
    return existsSync(file) ? Float32Array.from(gunzipSync(readFileSync(file)), (x) => x / 255) : undefined;
  };
  const vectors = read("train.u8.gz");
  const queries = read("queries.u8.gz");
  if (vectors === undefined || queries === undefined) return undefined;
  return {
    name: "MNIST 784-d",
    metric: "l2",
    dimension: 784,
    vectors: vectors.subarray(0, rows * 784),
    queries,
  };
}
