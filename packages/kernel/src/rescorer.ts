import { limits, type Metric } from "@akidb/base";
import type { KernelExports } from "./kernelExports.ts";
import { type RescoreShape, rescoreRowsMax } from "./segmentLayout.ts";

export interface RescorerPlace {
  readonly memory: WebAssembly.Memory;
  readonly exports: KernelExports;
  readonly metric: Metric;
  readonly metricNumber: number;
  readonly dimension: number;
  readonly vectors: number;
  readonly vectorBytes: number;
  /** Start of the scratch that the shape lies in. */
  readonly scratch: number;
  readonly shape: RescoreShape;
  /** By what the stored vectors are multiplied. */
  readonly unit: () => number;
}

export interface SearchResult {
  /** Best first. */
  readonly rows: Uint32Array;
  /** Higher is better: cosine, inner product, or the negative Euclidean distance; of the same length. */
  readonly scores: Float64Array;
}

/** Ranks rows exactly, in double precision, and keeps the best: {@link Rescorer.begin}, offers, one result. */
export class Rescorer {
  readonly #place: RescorerPlace;
  readonly #input: Float32Array;
  readonly #offered: Uint32Array;
  readonly #bestRows: Uint32Array;
  readonly #bestRanks: Float64Array;
  #kept = 0;
  #queryLength = 0;
  #unit = 1;

  constructor(place: RescorerPlace) {
    this.#place = place;
    const { memory, shape, scratch, exports } = place;
    const { buffer } = memory;
    this.#input = new Float32Array(buffer, scratch + shape.input, place.vectorBytes / 4).fill(0);
    this.#offered = new Uint32Array(buffer, scratch + shape.offered, rescoreRowsMax);
    this.#bestRows = new Uint32Array(buffer, scratch + shape.bestRows, limits.topKMax);
    this.#bestRanks = new Float64Array(buffer, scratch + shape.bestRanks, limits.topKMax);
    exports.attachVectors(
      place.vectors,
      place.vectorBytes,
      place.metricNumber,
      scratch + shape.input,
      scratch + shape.query,
      scratch + shape.offered,
      scratch + shape.bestRows,
      scratch + shape.bestRanks,
    );
  }

  /** @param k of `limits.topKMax` at most */
  begin(query: Float32Array, k: number): void {
    this.#kept = 0;
    this.#unit = this.#place.unit();
    this.#input.set(query);
    this.#queryLength = this.#place.exports.beginRescore(k, this.#unit);
  }

  offer(rows: Uint32Array): void {
    for (let from = 0; from < rows.length; from += rescoreRowsMax) {
      const slice = rows.subarray(from, from + rescoreRowsMax);
      this.#offered.set(slice);
      this.#kept = this.#place.exports.rescoreRows(slice.length);
    }
  }

  result(): SearchResult {
    const scores = this.#bestRanks.slice(0, this.#kept);
    for (let i = 0; i < scores.length; i++) scores[i] = this.#scoreOf(scores[i]!);
    return { rows: this.#bestRows.slice(0, this.#kept), scores };
  }

  /** A copy of one stored vector. */
  vectorOf(row: number): Float32Array {
    const { memory, vectors, vectorBytes, dimension } = this.#place;
    const stored = new Float32Array(memory.buffer, vectors + row * vectorBytes, dimension);
    const unit = this.#place.unit();
    return unit === 1 ? stored.slice() : Float32Array.from(stored, (component) => component / unit);
  }

  #scoreOf(rank: number): number {
    switch (this.#place.metric) {
      case "cosine": {
        // The unit is in the query alone: a row's own length has been divided out.
        const length = this.#queryLength * this.#unit;
        // Rounding may carry a vector's cosine with itself past 1.
        return length > 0 ? Math.max(-1, Math.min(1, rank / length)) : 0;
      }
      case "dot":
        return rank / this.#unit ** 2;
      case "l2":
        return -Math.sqrt(-rank) / this.#unit;
    }
  }
}
