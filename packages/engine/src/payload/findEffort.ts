/**
 * What the indexes may take for one filter in a turn of the event loop, in nanoseconds or so: some 40 ms, and what the
 * last condition took. What is behind is left to the documents, which are read in slices: a filter of a thousand
 * conditions, each of which looks at all texts of a field, would keep everybody waiting for many seconds.
 */
const effortMaxNs = 40_000_000;

/** Measured on an Intel Xeon with Node 24, for texts of 10 and of 40 characters. */
export const effortNs = {
  /** Of equality: two binary searches in each of a few runs, and a look at what is not sorted yet. */
  operand: 2_000,
  /** Whether it begins so, or lies within bounds. */
  text: 45,
  textOfWords: 300,
  point: 60,
  /** To be put into a bitset. */
  row: 8,
  /** Of a bitset that is made and combined with another. */
  word: 2,
} as const;

/** How much of that is left. */
export class FindEffort {
  #leftNs: number;

  constructor(ns = effortMaxNs) {
    this.#leftNs = ns;
  }

  get isSpent(): boolean {
    return this.#leftNs <= 0;
  }

  spend(ns: number): void {
    this.#leftNs -= ns;
  }
}
