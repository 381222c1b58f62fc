import type { Rescorer, SearchResult } from "./rescorer.ts";

export interface ExactScanParts {
  readonly rescorer: Rescorer;
  /** Bit per row; a copy, so that rows which die during the scan are still found by it. */
  readonly candidates: Uint32Array;
  /** Row of the first bit. */
  readonly firstRow: number;
}

/**
 * The exact nearest among the rows that were alive when it began, and that a filter allows, by looking at each. It
 * advances in steps, so that its caller can let others run, or give up, in between; until then its segment is used for
 * nothing else.
 */
export class ExactScan {
  readonly #parts: ExactScanParts;
  #nextWord = 0;

  constructor(parts: ExactScanParts) {
    this.#parts = parts;
  }

  /**
   * Looks at about `rowsMax` rows, and passes over any number that are no candidates.
   *
   * @returns whether the scan is complete
   */
  advance(rowsMax: number): boolean {
    const { rescorer, candidates, firstRow } = this.#parts;
    const rows = new Uint32Array(rowsMax + 32);
    let count = 0;
    for (; this.#nextWord < candidates.length && count < rowsMax; this.#nextWord++) {
      const wordRow = firstRow + 32 * this.#nextWord;
      for (let bits = candidates[this.#nextWord]!; bits !== 0; bits &= bits - 1) {
        rows[count++] = wordRow + 31 - Math.clz32(bits & -bits);
      }
    }
    rescorer.offer(rows.subarray(0, count));
    return this.#nextWord === candidates.length;
  }

  /** To be asked once, when the scan is complete. */
  result(): SearchResult {
    return this.#parts.rescorer.result();
  }
}
