import { norm, rankOfRow, scoreOfRank } from "./distance.ts";
import type { FlatReadView, RowSnapshot } from "./flatReadView.ts";
import { chunkOfRow } from "./rowChunks.ts";
import { TopRanks } from "./topRanks.ts";
import type { RankedRows } from "./vectorIndex.ts";

/**
 * The exact `k` nearest rows of one snapshot, found by looking at each: O(rows × dimension). It advances in steps, so
 * that its caller can let others run, or give up, in between.
 */
export class ExactScan {
  readonly #view: FlatReadView;
  readonly #query: Float64Array;
  readonly #queryNorm: number;
  readonly #best: TopRanks;
  readonly #snapshot: RowSnapshot;
  #nextRow = 0;

  /** @param query of the view's dimension, finite; not zero under cosine */
  constructor(view: FlatReadView, query: Float32Array, k: number) {
    this.#view = view;
    this.#query = Float64Array.from(query);
    this.#queryNorm = norm(query);
    this.#snapshot = view.snapshot();
    this.#best = new TopRanks(Math.min(k, this.#snapshot.rowCount));
  }

  /** @returns whether the scan is complete */
  advance(rowsMax: number): boolean {
    const end = Math.min(this.#snapshot.rowCount, this.#nextRow + rowsMax);
    while (this.#nextRow < end) this.#scanWithinChunk(end);
    return this.#nextRow === this.#snapshot.rowCount;
  }

  /** To be called once, when the scan is complete. */
  result(): RankedRows {
    const { ranks, rows } = this.#best.drain();
    const { metric } = this.#view;
    return { rows, scores: ranks.map((rank) => scoreOfRank(metric, rank, this.#queryNorm)) };
  }

  #scanWithinChunk(end: number): void {
    const { dimension, metric } = this.#view;
    const { firstRow, rowCount, vectors, norms } = this.#view.chunkAt(chunkOfRow(this.#nextRow));
    const { tombstones } = this.#snapshot;
    const chunkEnd = Math.min(end, firstRow + rowCount);
    for (let row = this.#nextRow; row < chunkEnd; row++) {
      if (tombstones !== undefined && (tombstones[row >>> 5]! >>> (row & 31)) & 1) continue;
      const index = row - firstRow;
      const rank = rankOfRow(metric, this.#query, vectors, index * dimension, norms[index]!);
      if (rank >= this.#best.threshold) this.#best.offer(rank, row);
    }
    this.#nextRow = chunkEnd;
  }
}
