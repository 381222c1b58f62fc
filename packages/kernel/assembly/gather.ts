import { linkCount, linksOf } from "./links";
import { batchRows, tags } from "./scratch";
import { factors, rowBytes, rows } from "./segment";
import { epoch } from "./visited";

/**
 * Adds a node's neighbours that this walk has not seen to the `count` rows in `batchRows`.
 *
 * @returns how many there are now
 */
// @ts-ignore: decorator
@inline
export function gather(row: u32, level: i32, count: u32): u32 {
  const list = linksOf(row, level);
  const end = list + 4 + (<usize>linkCount(list) << 2);
  const seen = tags, now = epoch;
  let place = batchRows + (<usize>count << 2);
  for (let at = list + 4; at < end; at += 4) {
    // `visit` with its globals copied, and without a branch: whether a row is new is a coin's toss.
    const neighbour = load<u32>(at);
    const tag = seen + neighbour;
    store<u32>(place, neighbour);
    place += <usize>(load<u8>(tag) != now) << 2;
    store<u8>(tag, now);
  }
  return <u32>((place - batchRows) >> 2);
}

/**
 * Starts to load every line of the batch's codes, so that the processor fetches many rows at once where scoring alone
 * would fetch four. WebAssembly has no prefetch; but a load may trap, so no compiler leaves
 * it out though nobody wants its result. Every instruction counts: what the processor has in flight is limited to some
 * three hundred, and a row whose loads are not among them waits for the rows before it. Hence the copies of globals, which
 * the compiler would load again for every row, and the lines in groups of four.
 */
// @ts-ignore: decorator
@inline
export function touchRows(count: u32): void {
  const codes = rows, bytes: usize = rowBytes, allFactors = factors;
  const end = batchRows + (<usize>count << 2);
  for (let at = batchRows; at < end; at += 4) {
    const row: usize = load<u32>(at);
    let line = codes + row * bytes;
    load<u8>(allFactors + (row << 3));
    let left: isize = bytes;
    for (; left > 192; left -= 256, line += 256) {
      load<u8>(line);
      load<u8>(line, 64);
      load<u8>(line, 128);
      load<u8>(line, 192);
    }
    if (left <= 0) continue;
    load<u8>(line);
    load<u8>(line, 64);
    if (left > 128) load<u8>(line, 128);
  }
}
