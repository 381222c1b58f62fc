import { assert } from "@akidb/base";
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

/** At least one; each is needed only until the next. */
export const intersection = (sets: Iterable<RowSets>): RowSets => combine(sets, intersectRows);

/** At least one; each is needed only until the next. */
export const union = (sets: Iterable<RowSets>): RowSets => combine(sets, uniteRows);

export function complement(sets: RowSets, rowCount: number): RowSets {
  const lower = complementOfRows(sets.upper, rowCount);
  return isExact(sets) ? exactly(lower) : { lower, upper: complementOfRows(sets.lower, rowCount) };
}

function combine(sets: Iterable<RowSets>, into: (rows: RowBitset, others: RowBitset) => void): RowSets {
  let lower: RowBitset | undefined;
  let upper: RowBitset | undefined;
  for (const each of sets) {
    if (lower === undefined) {
      lower = each.lower.slice();
      if (!isExact(each)) upper = each.upper.slice();
      continue;
    }
    if (upper === undefined && !isExact(each)) upper = lower.slice();
    into(lower, each.lower);
    if (upper !== undefined) into(upper, each.upper);
  }
  assert(lower !== undefined, "something is combined");
  return upper === undefined ? exactly(lower) : { lower, upper };
}
