// A candidate is one i64, so that comparing keys compares ranks and then rows: rank (sortable i32) in the upper half,
// below it the row and two flags.

/** The walk has looked at this node's neighbours. */
export const expandedFlag: i64 = 0x80000000;
/** The row is dead, or no filter allows it: walked through, not returned. */
export const deadFlag: i64 = 0x40000000;

// @ts-ignore: decorator
@inline
export function keyOf(rank: i32, row: u32): i64 {
  return (<i64>rank << 32) | <i64>row;
}

// @ts-ignore: decorator
@inline
export function rankOfKey(key: i64): i32 {
  return <i32>(key >> 32);
}

// @ts-ignore: decorator
@inline
export function rowOfKey(key: i64): u32 {
  return <u32>key & 0x3fffffff;
}
