import type { MatchParts } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import { hasRow } from "../payload/rowBitset.ts";
import type { Candidates } from "./candidateSearch.ts";

export interface RankedRow {
  readonly row: number;
  readonly score: number;
  readonly parts: MatchParts;
}

/** A ranking that is known to its end, for the stages that ask a search for more and more of it. */
export class RankedList {
  readonly #ranked: readonly RankedRow[];

  /** @param ranked best first */
  constructor(ranked: readonly RankedRow[]) {
    this.#ranked = ranked;
  }

  get partsByRow(): ReadonlyMap<number, MatchParts> {
    return new Map(this.#ranked.map(({ row, parts }) => [row, parts]));
  }

  async nearest(k: number, within?: RowFilter): Promise<Candidates> {
    const left =
      within === undefined ? this.#ranked : this.#ranked.filter(({ row }) => hasRow(within.words, row));
    const taken = left.slice(0, k);
    return {
      rows: taken.map(({ row }) => row),
      scores: taken.map(({ score }) => score),
      isAll: left.length <= k,
    };
  }
}
