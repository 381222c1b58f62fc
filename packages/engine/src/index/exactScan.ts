import { countRows } from "../payload/rowBitset.ts";
import { norm, rankOfRow, scoreOfRank } from "./distance.ts";
import type { FlatReadView } from "./flatReadView.ts";
import { chunkOfRow } from "./rowChunks.ts";
import { scanCandidates } from "./scanCandidates.ts";
import { TopRanks } from "./topRanks.ts";
import type { IndexQuery, RankedRows } from "./vectorIndex.ts";

/**
 * The exact `k` nearest rows of one snapshot that a filter allows, found by looking at each: O(matches × dimension). It advances in steps, so
 * that its caller can let others run, or give up, in between.
 */
export class ExactScan {
  readonly #view: FlatReadView;
  readonly #query: Float64Array;
  readonly #queryNorm: number;
  readonly #best: TopRanks;
  /** Bit per row. */
  readonly #candidates: Uint32Array;
  #nextWord = 0;

  /** @param query of the view's dimension, finite; not zero under cosine */
  constructor(view: FlatReadView, query: Float32Array, { k, filter }: Pick<IndexQuery, "k" | "filter">) {
    this.#view = view;
    this.#query = Float64Array.from(query);
    this.#queryNorm = norm(query);
    const snapshot = view.snapshot();
    this.#candidates = scanCandidates(snapshot, filter);
    this.#best = new TopRanks(Math.min(k, snapshot.rowCount));
  }

  /** Rows that it looks at in all. */
  get candidateCount(): number {
    return countRows(this.#candidates);
  }

  /**
   * Looks at about `rowsMax` rows, and passes over any number that are no candidates.
   *
   * @returns whether the scan is complete
   */
  advance(rowsMax: number): boolean {
    const words = this.#candidates.length;
    let left = rowsMax;
    while (left > 0 && this.#nextWord < words) left = this.#scanWithinChunk(left);
    return this.#nextWord === words;
  }

  /** To be called once, when the scan is complete. */
  result(): RankedRows {
    const { ranks, rows } = this.#best.drain();
    const { metric } = this.#view;
    return { rows, scores: ranks.map((rank) => scoreOfRank(metric, rank, this.#queryNorm)) };
  }

  /** @returns how many of `rowsMax` rows are left to be looked at in this step */
  #scanWithinChunk(rowsMax: number): number {
    const { dimension, metric } = this.#view;
    const { firstRow, rowCount, vectors, norms } = this.#view.chunkAt(chunkOfRow(32 * this.#nextWord));
    // Chunks begin and end with whole words.
    const endWord = Math.min(this.#candidates.length, (firstRow + rowCount) / 32);
    let left = rowsMax;
    let word = this.#nextWord;
    for (; word < endWord && left > 0; word++) {
      for (let bits = this.#candidates[word]!; bits !== 0; bits &= bits - 1) {
        const row = 32 * word + 31 - Math.clz32(bits & -bits);
        const index = row - firstRow;
        const rank = rankOfRow(metric, this.#query, vectors, index * dimension, norms[index]!);
        if (rank >= this.#best.threshold) this.#best.offer(rank, row);
        left--;
      }
    }
    this.#nextWord = word;
    return left;
  }
}
