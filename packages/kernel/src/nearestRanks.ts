/** The best `k` of a stream of (rank, row) pairs, higher ranks first, smaller rows first among equals. */
export class NearestRanks {
  readonly #ranks: Float64Array;
  readonly #rows: Uint32Array;
  #size = 0;

  constructor(k: number) {
    this.#ranks = new Float64Array(k);
    this.#rows = new Uint32Array(k);
  }

  /** O(log k) where the pair does not enter, O(k) where it does. */
  offer(rank: number, row: number): void {
    const k = this.#ranks.length;
    if (this.#size === k && !this.#isBefore(rank, row, k - 1)) return;
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(rank, row, middle)) high = middle;
      else low = middle + 1;
    }
    this.#size = Math.min(k, this.#size + 1);
    this.#ranks.copyWithin(low + 1, low, this.#size - 1);
    this.#rows.copyWithin(low + 1, low, this.#size - 1);
    this.#ranks[low] = rank;
    this.#rows[low] = row;
  }

  get rows(): Uint32Array {
    return this.#rows.slice(0, this.#size);
  }

  get ranks(): Float64Array {
    return this.#ranks.slice(0, this.#size);
  }

  #isBefore(rank: number, row: number, place: number): boolean {
    const other = this.#ranks[place]!;
    return rank > other || (rank === other && row < this.#rows[place]!);
  }
}
