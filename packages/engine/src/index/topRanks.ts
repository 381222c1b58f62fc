/**
 * The best `k` of a stream of (rank, row) pairs: a binary min-heap in typed arrays, whose root is the worst kept.
 * Equal ranks prefer the smaller row, so that results do not depend on how a scan is cut.
 */
export class TopRanks {
  readonly #ranks: Float64Array;
  readonly #rows: Uint32Array;
  #size = 0;

  constructor(k: number) {
    this.#ranks = new Float64Array(k);
    this.#rows = new Uint32Array(k);
  }

  /** Below this rank nothing is kept. */
  get threshold(): number {
    return this.#size < this.#ranks.length ? Number.NEGATIVE_INFINITY : this.#ranks[0]!;
  }

  offer(rank: number, row: number): void {
    if (this.#size < this.#ranks.length) {
      this.#siftUp(this.#size++, rank, row);
    } else if (this.#size > 0 && isWorse(this.#ranks[0]!, this.#rows[0]!, rank, row)) {
      this.#siftDown(rank, row);
    }
  }

  /** Best first; empties the heap. */
  drain(): { readonly ranks: Float64Array; readonly rows: Uint32Array } {
    const ranks = new Float64Array(this.#size);
    const rows = new Uint32Array(this.#size);
    while (this.#size > 0) {
      const last = --this.#size;
      ranks[last] = this.#ranks[0]!;
      rows[last] = this.#rows[0]!;
      this.#siftDown(this.#ranks[last]!, this.#rows[last]!);
    }
    return { ranks, rows };
  }

  #siftUp(from: number, rank: number, row: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(rank, row, this.#ranks[parent]!, this.#rows[parent]!)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#ranks[at] = rank;
    this.#rows[at] = row;
  }

  #siftDown(rank: number, row: number): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#size) break;
      const right = left + 1;
      const child =
        right < this.#size &&
        isWorse(this.#ranks[right]!, this.#rows[right]!, this.#ranks[left]!, this.#rows[left]!)
          ? right
          : left;
      if (!isWorse(this.#ranks[child]!, this.#rows[child]!, rank, row)) break;
      this.#move(child, at);
      at = child;
    }
    this.#ranks[at] = rank;
    this.#rows[at] = row;
  }

  #move(from: number, to: number): void {
    this.#ranks[to] = this.#ranks[from]!;
    this.#rows[to] = this.#rows[from]!;
  }
}

const isWorse = (rank: number, row: number, otherRank: number, otherRow: number): boolean =>
  rank < otherRank || (rank === otherRank && row > otherRow);
