import type { Metric } from "@akidb/base";
import type { KernelExports } from "./kernelExports.ts";
import { NearestRanks } from "./nearestRanks.ts";
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

/** Ranks rows exactly, in double precision, and keeps the best `k`: {@link Rescorer.begin}, offers, one result. */
export class Rescorer {
  readonly #place: RescorerPlace;
  readonly #query: Float64Array;
  readonly #rows: Uint32Array;
  readonly #ranks: Float64Array;
  #best = new NearestRanks(0);
  #queryNorm = 0;
  #unit = 1;

  constructor(place: RescorerPlace) {
    this.#place = place;
    const { memory, shape, scratch } = place;
    this.#query = new Float64Array(memory.buffer, scratch + shape.query, place.vectorBytes / 4);
    this.#rows = new Uint32Array(memory.buffer, scratch + shape.rows, rescoreRowsMax);
    this.#ranks = new Float64Array(memory.buffer, scratch + shape.ranks, rescoreRowsMax);
    place.exports.attachVectors(
      place.vectors,
      place.vectorBytes,
      place.metricNumber,
      scratch + shape.query,
      scratch + shape.rows,
      scratch + shape.ranks,
    );
  }

  begin(query: Float32Array, k: number): void {
    this.#unit = this.#place.unit();
    let squares = 0;
    for (let i = 0; i < query.length; i++) {
      const component = query[i]!;
      squares += component * component;
      this.#query[i] = component * this.#unit;
    }
    this.#queryNorm = Math.sqrt(squares) * this.#unit;
    this.#best = new NearestRanks(k);
  }

  offer(rows: Uint32Array): void {
    for (let from = 0; from < rows.length; from += rescoreRowsMax) {
      const slice = rows.subarray(from, from + rescoreRowsMax);
      this.#rows.set(slice);
      this.#place.exports.rescoreRows(slice.length);
      for (let i = 0; i < slice.length; i++) this.#best.offer(this.#ranks[i]!, slice[i]!);
    }
  }

  result(): SearchResult {
    const { rows, ranks } = this.#best;
    return { rows, scores: ranks.map((rank) => this.#scoreOf(rank)) };
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
      case "cosine":
        // Rounding may carry a vector's cosine with itself past 1.
        return this.#queryNorm > 0 ? Math.max(-1, Math.min(1, rank / this.#queryNorm)) : 0;
      case "dot":
        return rank / this.#unit ** 2;
      case "l2":
        return -Math.sqrt(-rank) / this.#unit;
    }
  }
}
