import { addRow, emptyRowBitset, hasRow, type RowBitset } from "../payload/rowBitset.ts";
import { RowDeadlines } from "./rowDeadlines.ts";

/**
 * When the documents of rows expire, and which have: these are as good as deleted, until somebody deletes them. Where no
 * document expires it costs a comparison.
 */
export class Expirations {
  readonly #waiting = new RowDeadlines();
  /** As many bits as needed so far. */
  #expired: RowBitset = new Uint32Array();
  #expiredCount = 0;
  #nowMs = Number.NEGATIVE_INFINITY;

  /** Of rows that have expired and are still there. */
  get expiredCount(): number {
    return this.#expiredCount;
  }

  get memoryBytes(): number {
    return this.#waiting.memoryBytes + this.#expired.byteLength;
  }

  /** Of rows that expire or have. */
  get count(): number {
    return this.#waiting.count + this.#expiredCount;
  }

  /**
   * Lets expire what is due. Time does not go back here, whatever the clock does: what was invisible stays so.
   *
   * @returns the time that it is for documents
   */
  advance(nowMs: number): number {
    if (nowMs > this.#nowMs) {
      this.#nowMs = nowMs;
      if (this.#waiting.nextMs <= nowMs) this.#waiting.takeUntil(nowMs, (row) => this.#expire(row));
    }
    return this.#nowMs;
  }

  /** @param expiresAtMs undefined: never */
  set(row: number, expiresAtMs: number | undefined): void {
    this.remove(row);
    if (expiresAtMs === undefined) return;
    if (expiresAtMs <= this.#nowMs) this.#expire(row);
    else this.#waiting.set(row, expiresAtMs);
  }

  /** The row's document is replaced or deleted. */
  remove(row: number): void {
    if (this.count === 0) return;
    this.#waiting.remove(row);
    if (!this.hasExpired(row)) return;
    this.#expiredCount -= 1;
    this.#expired[row >>> 5]! &= ~(1 << (row & 31));
  }

  /** Of a row that has expired: the beginning of time. */
  of(row: number): number | undefined {
    return this.hasExpired(row) ? Number.NEGATIVE_INFINITY : this.#waiting.of(row);
  }

  hasExpired(row: number): boolean {
    return hasRow(this.#expired, row);
  }

  /** The first few of those that have expired. */
  expiredRows(max: number): readonly number[] {
    const rows: number[] = [];
    for (let word = 0; word < this.#expired.length && rows.length < max; word++) {
      for (let bits = this.#expired[word]!; bits !== 0 && rows.length < max; bits &= bits - 1) {
        rows.push(32 * word + 31 - Math.clz32(bits & -bits));
      }
    }
    return rows;
  }

  /** A copy; undefined where none has expired. */
  expiredSet(rowCount: number): RowBitset | undefined {
    if (this.#expiredCount === 0) return undefined;
    const rows = emptyRowBitset(rowCount);
    rows.set(this.#expired.subarray(0, rows.length));
    return rows;
  }

  #expire(row: number): void {
    if (row >>> 5 >= this.#expired.length) {
      const larger = emptyRowBitset(Math.max(row + 1, 64 * this.#expired.length));
      larger.set(this.#expired);
      this.#expired = larger;
    }
    addRow(this.#expired, row);
    this.#expiredCount += 1;
  }
}
