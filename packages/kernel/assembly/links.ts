import { u32At } from "./arrays";
import { baseLinks, linksMax, upperRefs } from "./segment";

/**
 * A list of neighbours: their number, then their rows, u32 each; room for M. At level 0 for 2M − 1, so that the
 * list of M = 16 fills two cache lines and not a third. Readers take no
 * lock: every slot below the number always holds some row that is linked, entries are written before the number, and a
 * reader that meets a list half rewritten sees a mixture of its old and new neighbours, which is a good list too.
 */
// @ts-ignore: decorator
@inline
export function linksOf(row: u32, level: i32): usize {
  if (level == 0) return baseLinks + <usize>row * (linksMax << 3);
  return <usize>u32At(upperRefs, row) + <usize>(level - 1) * ((linksMax << 2) + 4);
}

// @ts-ignore: decorator
@inline
export function linksMaxAt(level: i32): u32 {
  return level == 0 ? (linksMax << 1) - 1 : linksMax;
}

// @ts-ignore: decorator
@inline
export function linkCount(list: usize): u32 {
  return atomic.load<u32>(list);
}

/** @param from rows, u32 × count */
export function publishLinks(list: usize, from: usize, count: u32): void {
  // Word by word: a bulk copy may be seen half done within a word.
  for (let at: usize = 0; at < <usize>count << 2; at += 4) store<u32>(list + 4 + at, load<u32>(from + at));
  atomic.store<u32>(list, count);
}

export function appendLink(list: usize, count: u32, row: u32): void {
  store<u32>(list + 4 + (<usize>count << 2), row);
  atomic.store<u32>(list, count + 1);
}
