/**
 * Keys with scores, taken best first: a binary heap, since most who ask want a few of many. O(n) to begin, O(log n) for
 * each taken. Of equal scores the smaller key comes first.
 */
export class BestKeys {
  #keys = new Float64Array(1_024);
  #scores = new Float64Array(1_024);
  #count = 0;
  #isHeap = false;

  get count(): number {
    return this.#count;
  }

  /** Before anything is taken. */
  add(key: number, score: number): void {
    if (this.#count === this.#keys.length) {
      this.#keys = grown(this.#keys);
      this.#scores = grown(this.#scores);
    }
    this.#keys[this.#count] = key;
    this.#scores[this.#count] = score;
    this.#count += 1;
  }

  /** @returns as many as there are, up to `count` */
  take(count: number): { readonly keys: Float64Array; readonly scores: Float64Array } {
    if (!this.#isHeap) this.#heapify();
    const length = Math.min(count, this.#count);
    const keys = new Float64Array(length);
    const scores = new Float64Array(length);
    for (let rank = 0; rank < length; rank++) {
      keys[rank] = this.#keys[0]!;
      scores[rank] = this.#scores[0]!;
      this.#count -= 1;
      this.#move(this.#count, 0);
      this.#sink(0);
    }
    return { keys, scores };
  }

  #heapify(): void {
    this.#isHeap = true;
    for (let at = (this.#count >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  #sink(from: number): void {
    const [key, score] = [this.#keys[from]!, this.#scores[from]!];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#isBefore(child + 1, this.#keys[child]!, this.#scores[child]!)) {
        child += 1;
      }
      if (!this.#isBefore(child, key, score)) break;
      this.#move(child, at);
      at = child;
    }
    this.#keys[at] = key;
    this.#scores[at] = score;
  }

  #isBefore(at: number, key: number, score: number): boolean {
    const own = this.#scores[at]!;
    return own > score || (own === score && this.#keys[at]! < key);
  }

  #move(from: number, to: number): void {
    this.#keys[to] = this.#keys[from]!;
    this.#scores[to] = this.#scores[from]!;
  }
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}
