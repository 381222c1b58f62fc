import { assert } from "@akidb/base";

/** The rows that a search may return. */
export interface RowFilter {
  /** Bit `row % 32` of word `row / 32` is set for a row that may; may be longer than its rows need. */
  readonly words: Uint32Array;
  /** Rows that it speaks of, from the first on; none behind them is returned. */
  readonly rowCount: number;
}

/** @throws AssertionError where the filter has fewer bits than rows, or speaks of rows that are not published */
export function assertFilterFits({ words, rowCount }: RowFilter, publishedRows: number): void {
  assert(Number.isInteger(rowCount) && rowCount >= 0, "a filter speaks of a number of rows");
  assert(words.length >= Math.ceil(rowCount / 32), "a filter has a bit for every row that it speaks of");
  assert(rowCount <= publishedRows, "a filter speaks of published rows");
}
