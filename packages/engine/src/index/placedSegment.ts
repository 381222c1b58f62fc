import type { RowFilter, Segment } from "@akidb/kernel";

export interface PlacedSegment {
  readonly segment: Segment;
  /** Row of the collection that is the segment's row 0. */
  readonly firstRow: number;
}

/** What a filter says of one segment: a view of its words, for segments begin with whole ones. */
export function partOfFilter(
  filter: RowFilter | undefined,
  { segment, firstRow }: PlacedSegment,
): RowFilter | undefined {
  if (filter === undefined) return undefined;
  const rowCount = Math.max(0, Math.min(filter.rowCount - firstRow, segment.rowCount));
  const firstWord = firstRow / 32;
  return { words: filter.words.subarray(firstWord, firstWord + Math.ceil(rowCount / 32)), rowCount };
}
