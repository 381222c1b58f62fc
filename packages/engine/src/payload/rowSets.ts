import { complementOfRows, intersectRows, type RowBitset, uniteRows } from "./rowBitset.ts";

/**
 * What indexes know of a filter: rows that pass for sure, and rows of which no other can pass. Rows between the two are
 * to be looked up in their documents. Where nothing is open both are the same bitset.
 */
export interface RowSets {
  readonly lower: RowBitset;
  readonly upper: RowBitset;
}

export const exactly = (rows: RowBitset): RowSets => ({ lower: rows, upper: rows });

export const isExact = ({ lower, upper }: RowSets): boolean => lower === upper;

/** At least one. */
export const intersection = (sets: readonly RowSets[]): RowSets => combine(sets, intersectRows);

/** At least one. */
export const union = (sets: readonly RowSets[]): RowSets => combine(sets, uniteRows);

export function complement(sets: RowSets, rowCount: number): RowSets {
  const lower = complementOfRows(sets.upper, rowCount);
  return isExact(sets) ? exactly(lower) : { lower, upper: complementOfRows(sets.lower, rowCount) };
}

function combine(sets: readonly RowSets[], into: (rows: RowBitset, others: RowBitset) => void): RowSets {
  const fold = (rows: readonly RowBitset[]): RowBitset => {
    const result = rows[0]!.slice();
    for (const others of rows.slice(1)) into(result, others);
    return result;
  };
  const lower = fold(sets.map((each) => each.lower));
  return sets.every(isExact) ? exactly(lower) : { lower, upper: fold(sets.map((each) => each.upper)) };
}
