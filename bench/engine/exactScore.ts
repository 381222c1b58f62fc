import type { Dataset } from "./dataset.ts";

/** Inner product or negative squared distance of a query and a row; four sums, as fast as plain JavaScript is. */
export function exactScore(
  { metric, dimension, vectors }: Dataset,
  query: Float32Array,
  row: number,
): number {
  return metric === "l2"
    ? -squaredDistance(query, vectors, row * dimension)
    : product(query, vectors, row * dimension);
}

function product(query: Float32Array, vectors: Float32Array, at: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < query.length; i += 4) {
    a += query[i]! * vectors[at + i]!;
    b += query[i + 1]! * vectors[at + i + 1]!;
    c += query[i + 2]! * vectors[at + i + 2]!;
    d += query[i + 3]! * vectors[at + i + 3]!;
  }
  return a + b + (c + d);
}

function squaredDistance(query: Float32Array, vectors: Float32Array, at: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < query.length; i += 4) {
    a += (query[i]! - vectors[at + i]!) ** 2;
    b += (query[i + 1]! - vectors[at + i + 1]!) ** 2;
    c += (query[i + 2]! - vectors[at + i + 2]!) ** 2;
    d += (query[i + 3]! - vectors[at + i + 3]!) ** 2;
  }
  return a + b + (c + d);
}
