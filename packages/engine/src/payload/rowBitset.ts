/**
 * A set of rows, one bit each: bit `row & 31` of word `row >>> 5`. Plain words, because a million bits are combined in
 * tens of microseconds at any density, and because the kernel takes them as they are.
 */
export type RowBitset = Uint32Array;

export const emptyRowBitset = (rowCount: number): RowBitset => new Uint32Array(Math.ceil(rowCount / 32));

/** Bits behind the last row are clear. */
export function fullRowBitset(rowCount: number): RowBitset {
  const rows = emptyRowBitset(rowCount).fill(0xffff_ffff);
  clearTail(rows, rowCount);
  return rows;
}

export function addRow(rows: RowBitset, row: number): void {
  rows[row >>> 5]! |= 1 << (row & 31);
}

export function hasRow(rows: RowBitset, row: number): boolean {
  return ((rows[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;
}

/** Changes `rows`; both are as long as their collection has rows. */
export function intersectRows(rows: RowBitset, others: RowBitset): void {
  for (let word = 0; word < rows.length; word++) rows[word]! &= others[word]!;
}

/** Changes `rows`. */
export function uniteRows(rows: RowBitset, others: RowBitset): void {
  for (let word = 0; word < rows.length; word++) rows[word]! |= others[word]!;
}

export function complementOfRows(rows: RowBitset, rowCount: number): RowBitset {
  const complement = rows.map((word) => ~word);
  clearTail(complement, rowCount);
  return complement;
}

export function countRows(rows: RowBitset): number {
  let count = 0;
  for (let word = 0; word < rows.length; word++) count += bitCount(rows[word]!);
  return count;
}

/** In ascending order. */
export function forEachRow(rows: RowBitset, visit: (row: number) => void): void {
  for (let word = 0; word < rows.length; word++) {
    for (let bits = rows[word]!; bits !== 0; bits &= bits - 1) {
      visit(32 * word + 31 - Math.clz32(bits & -bits));
    }
  }
}

/** In ascending order, for loops that pause; {@link forEachRow} is faster. */
export function* rowsIn(rows: RowBitset): IterableIterator<number> {
  for (let word = 0; word < rows.length; word++) {
    for (let bits = rows[word]!; bits !== 0; bits &= bits - 1)
      yield 32 * word + 31 - Math.clz32(bits & -bits);
  }
}

/** Of a bitset of so many rows: no bit behind the last one stays. */
export function clearTail(rows: RowBitset, rowCount: number): void {
  const bits = rowCount & 31;
  if (bits !== 0) rows[rows.length - 1]! &= (1 << bits) - 1;
}

/** Of one word (Warren, Hacker's Delight, 5-1). */
export function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return (((bits + (bits >>> 4)) & 0x0f0f_0f0f) * 0x0101_0101) >>> 24;
}
