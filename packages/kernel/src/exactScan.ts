import type { Rescorer, SearchResult } from "./rescorer.ts";

export interface ExactScanParts {
  readonly rescorer: Rescorer;
  readonly rowCount: number;
  /** Bit per row; a copy, so that rows which die during the scan are still found by it. */
  readonly candidates: Uint32Array;
}

/**
 * The exact nearest among the rows that were alive when it began, by looking at each. It advances in steps, so that its
 * caller can let others run, or give up, in between; until then its segment is used for nothing else.
 */
export class ExactScan {
  readonly #parts: ExactScanParts;
  #nextRow = 0;

  constructor(parts: ExactScanParts) {
    this.#parts = parts;
  }

  /** @returns whether the scan is complete */
  advance(rowsMax: number): boolean {
    const { rescorer, rowCount, candidates } = this.#parts;
    const end = Math.min(rowCount, this.#nextRow + rowsMax);
    const rows = new Uint32Array(end - this.#nextRow);
    let count = 0;
    for (let row = this.#nextRow; row < end; row++) {
      if ((candidates[row >>> 5]! >>> (row & 31)) & 1) rows[count++] = row;
    }
    rescorer.offer(rows.subarray(0, count));
    this.#nextRow = end;
    return end === rowCount;
  }

  /** To be asked once, when the scan is complete. */
  result(): SearchResult {
    return this.#parts.rescorer.result();
  }
}
