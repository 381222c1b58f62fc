const notWaiting = 0xffff_ffff;

/**
 * Times of rows, the earliest to be had at once: a binary heap of rows that knows where each row is, so that a time can be
 * changed and taken back. O(log n) each; 16 bytes a row up to the last one that has a time, nothing while none has.
 */
export class RowDeadlines {
  /** The heap. */
  #rows = new Uint32Array();
  #count = 0;
  /** By row; NaN where there is none. */
  #times = new Float64Array();
  /** By row, where it is in the heap. */
  #places = new Uint32Array();

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#rows.byteLength + this.#times.byteLength + this.#places.byteLength;
  }

  /** The earliest; infinite where there is none. */
  get nextMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#times[this.#rows[0]!]!;
  }

  set(row: number, timeMs: number): void {
    this.remove(row);
    this.#makeRoom(row);
    this.#times[row] = timeMs;
    this.#rise(this.#count++, row);
  }

  /** One that has no time is ignored. */
  remove(row: number): void {
    const place = this.#places[row] ?? notWaiting;
    if (place === notWaiting) return;
    this.#places[row] = notWaiting;
    this.#count -= 1;
    const last = this.#rows[this.#count]!;
    if (last === row) return;
    // The last one takes its place, and goes up or down from there.
    this.#rise(place, last);
    this.#sink(this.#places[last]!, last);
  }

  /** Takes out the rows whose time has come, earliest first. */
  takeUntil(nowMs: number, visit: (row: number) => void): void {
    while (this.nextMs <= nowMs) {
      const row = this.#rows[0]!;
      this.remove(row);
      visit(row);
    }
  }

  of(row: number): number | undefined {
    return (this.#places[row] ?? notWaiting) === notWaiting ? undefined : this.#times[row];
  }

  #rise(from: number, row: number): void {
    const time = this.#times[row]!;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const other = this.#rows[above]!;
      if (this.#times[other]! <= time) break;
      this.#put(place, other);
      place = above;
    }
    this.#put(place, row);
  }

  #sink(from: number, row: number): void {
    const time = this.#times[row]!;
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#count) break;
      const right = below + 1;
      if (right < this.#count && this.#timeAt(right) < this.#timeAt(below)) below = right;
      if (this.#timeAt(below) >= time) break;
      this.#put(place, this.#rows[below]!);
      place = below;
    }
    this.#put(place, row);
  }

  #timeAt(place: number): number {
    return this.#times[this.#rows[place]!]!;
  }

  #put(place: number, row: number): void {
    this.#rows[place] = row;
    this.#places[row] = place;
  }

  #makeRoom(row: number): void {
    if (this.#count === this.#rows.length) {
      const rows = new Uint32Array(Math.max(16, 2 * this.#count));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    if (row < this.#times.length) return;
    const length = Math.max(16, row + 1, 2 * this.#times.length);
    const times = new Float64Array(length).fill(Number.NaN);
    times.set(this.#times);
    const places = new Uint32Array(length).fill(notWaiting);
    places.set(this.#places);
    this.#times = times;
    this.#places = places;
  }
}
