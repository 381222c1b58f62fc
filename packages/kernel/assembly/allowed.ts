import { allowed } from "./scratch";
import { rowCount, tombstones } from "./segment";

// The rows that the running search may return, a bit each in `allowed`.

/**
 * Takes rows that are not spoken of by the filter out of it, and dead ones.
 *
 * @param visible rows that it speaks of
 * @param keepsDead whether it was made of live rows, which are to be found though some have died since
 * @returns how many rows are left
 */
export function allowOnlyLive(visible: u32, keepsDead: bool): u32 {
  const last = (<usize>visible >> 6) << 3;
  const live: u64 = keepsDead ? ~0 : 0;
  let matches: u64 = 0;
  for (let at: usize = 0; at < last; at += 8) matches += allowLive(at, ~0, live);
  const end = ((<usize>rowCount() + 63) >> 6) << 3;
  // What an earlier search left behind is not allowed either.
  for (let at = last; at < end; at += 8) matches += allowLive(at, at == last ? (<u64>1 << (visible & 63)) - 1 : 0, live);
  return <u32>matches;
}

// @ts-ignore: decorator
@inline
function allowLive(at: usize, mask: u64, live: u64): u64 {
  const word = load<u64>(allowed + at) & (~load<u64>(tombstones + at) | live) & mask;
  store<u64>(allowed + at, word);
  return popcnt(word);
}
