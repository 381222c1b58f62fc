import { bitAt, setU32, u32At } from "./arrays";
import { linkCount, linksMaxAt, linksOf } from "./links";
import { allowed, batchRows } from "./scratch";
import { factorsAt, rowAt, rowBytes } from "./segment";
import { keepTouched } from "./touch";
import { isVisited, visit } from "./visited";

/**
 * Collects a node's neighbours that this walk has not seen into `batchRows`, and touches every line of their codes:
 * loads that nothing waits for, so the processor fetches many rows at once where scoring alone would fetch four.
 */
// @ts-ignore: decorator
@inline
export function gather<C>(row: u32, level: i32): u32 {
  const list = linksOf(row, level);
  const end = list + 4 + (<usize>linkCount(list) << 2);
  let count: usize = 0;
  for (let at = list + 4; at < end; at += 4) {
    const neighbour = load<u32>(at);
    setU32(batchRows, count, neighbour);
    count += <usize>visit(neighbour);
  }
  touchRows(<u32>count);
  return <u32>count;
}

// @ts-ignore: decorator
@inline
export function touchRows(count: u32): void {
  let sum = 0;
  for (let i: usize = 0; i < count; i++) {
    const row = u32At(batchRows, i);
    const code = rowAt(row);
    sum += load<i32>(factorsAt(row)) + load<i32>(code) + load<i32>(code, 64);
    for (let at: usize = 128; at < rowBytes; at += 256) {
      const lines = code + at;
      sum += load<i32>(lines) + load<i32>(lines, 64) + load<i32>(lines, 128) + load<i32>(lines, 192);
    }
  }
  keepTouched(sum);
}

// @ts-ignore: decorator
@inline
export function isAllowed(row: u32): bool {
  return bitAt(allowed, row);
}

/**
 * Collects the allowed neighbours, and where they are few, the allowed neighbours of those that are not (ACORN-1, Patel
 * et al. 2024): the graph of the allowed rows, as dense as the whole one, without having been built.
 */
export function gatherAllowed(row: u32): u32 {
  const most = linksMaxAt(0);
  const list = linksOf(row, 0);
  const end = list + 4 + (<usize>linkCount(list) << 2);
  let count: usize = 0;
  for (let at = list + 4; at < end; at += 4) {
    const neighbour = load<u32>(at);
    if (isAllowed(neighbour) && visit(neighbour)) setU32(batchRows, count++, neighbour);
  }
  for (let at = list + 4; at < end && count < most; at += 4) {
    const bridge = load<u32>(at);
    if (isAllowed(bridge) || isVisited(bridge)) continue;
    const far = linksOf(bridge, 0);
    const farEnd = far + 4 + (<usize>linkCount(far) << 2);
    let place = far + 4;
    for (; place < farEnd && count < most; place += 4) {
      const neighbour = load<u32>(place);
      if (isAllowed(neighbour) && visit(neighbour)) setU32(batchRows, count++, neighbour);
    }
    // A bridge that was crossed to its end leads nowhere new.
    if (place >= farEnd) visit(bridge);
  }
  touchRows(<u32>count);
  return <u32>count;
}
