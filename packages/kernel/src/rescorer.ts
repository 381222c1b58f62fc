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
  /** By what vectors are multiplied before they are coded, unless they are normalised. */
  readonly codeUnit: () => number;
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
    this.#offered = new Uint32Array(buffer, scratch + shape.offered, 2 * rescoreRowsMax);
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

  /**
   * Offers what a walk found, best first, of which it ranks exactly as many as it takes.
   *
   * @param keys row and rank of each, as the kernel leaves them
   */
  offerKeys(keys: Uint32Array, count: number): void {
    const { exports } = this.#place;
    const slope = this.#slope();
    for (let from = 0; from < count; from += rescoreRowsMax) {
      const to = Math.min(count, from + rescoreRowsMax);
      for (let word = 2 * from; word < 2 * to; word++) this.#offered[word - 2 * from] = keys[word]!;
      this.#kept = exports.rescoreKeys(to - from, slope);
    }
  }

  /**
   * As {@link Rescorer.offerKeys} where the vectors are elsewhere: yields the rows whose vectors are wanted next, which are
   * to lie one after the other at the place of the vectors when it goes on.
   *
   * @param rowsMax for which there is room
   */
  *wantedOf(keys: Uint32Array, rowsMax: number): Generator<Uint32Array, void> {
    const { exports } = this.#place;
    const slope = this.#slope();
    const wanted = new Uint32Array(rowsMax);
    for (let first = 0; 2 * first < keys.length; first += rescoreRowsMax) {
      const offered = keys.subarray(2 * first, 2 * (first + rescoreRowsMax));
      const count = offered.length / 2;
      this.#offered.set(offered);
      let from = 0;
      for (let lookEnd = exports.lookEnd(0, count, slope); lookEnd > from; ) {
        const to = Math.min(lookEnd, from + rowsMax);
        for (let key = from; key < to; key++) wanted[key - from] = offered[2 * key]!;
        yield wanted.subarray(0, to - from);
        this.#kept = exports.rescoreBroughtKeys(from, to, slope);
        from = to;
        if (from === lookEnd) lookEnd = exports.lookEnd(from, count, slope);
      }
    }
  }

  /** Offers rows whose vectors lie one after the other at the place of the vectors. */
  offerBrought(rows: Uint32Array): void {
    this.#offered.set(rows);
    this.#kept = this.#place.exports.rescoreBroughtRows(rows.length);
  }

  /** Offers rows, all of which it ranks exactly. */
  offer(rows: Uint32Array): void {
    for (let from = 0; from < rows.length; from += rescoreRowsMax) {
      const slice = rows.subarray(from, from + rescoreRowsMax);
      this.#offered.set(slice);
      this.#kept = this.#place.exports.rescoreRows(slice.length);
    }
  }

  /** Rows ranked for the query so far. */
  get rankedCount(): number {
    return this.#place.exports.rescored();
  }

  result(): SearchResult {
    const rows = new Uint32Array(this.#kept);
    const scores = new Float64Array(this.#kept);
    for (let i = 0; i < rows.length; i++) {
      rows[i] = this.#bestRows[i]!;
      scores[i] = this.#scoreOf(this.#bestRanks[i]!);
    }
    return { rows, scores };
  }

  /** Copies one stored vector. */
  readVector(row: number, target: Float32Array): void {
    const { memory, vectors, vectorBytes, dimension } = this.#place;
    target.set(new Float32Array(memory.buffer, vectors + row * vectorBytes, dimension));
    const unit = this.#place.unit();
    if (unit !== 1) for (let i = 0; i < dimension; i++) target[i] = target[i]! / unit;
  }

  /** How exact ranks follow those of the kernel's `rank.ts`. */
  #slope(): number {
    const { metric, codeUnit } = this.#place;
    if (metric === "cosine") return (-this.#queryLength * this.#unit) / 2;
    return -((this.#unit / codeUnit()) ** 2);
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
