import { touchRows } from "./gather";
import { linkCount, linksOf } from "./links";
import { allowed, batchRanks, batchRows, tags } from "./scratch";
import { epoch } from "./visited";

/** Lists that are touched before the first of them is read. */
const touchedBridges: usize = 4;

/** Takes a row out of a filter. @returns 1 where it was in it */
// @ts-ignore: decorator
@inline
export function takeFrom(filter: usize, row: u32): usize {
  const at = filter + ((<usize>row >> 5) << 2);
  const bits = load<u32>(at);
  store<u32>(at, bits & ~(<u32>1 << (row & 31)));
  return <usize>((bits >> (row & 31)) & 1);
}

/**
 * Collects the allowed neighbours, and where they are few, the allowed neighbours of those that are not (ACORN-1, Patel
 * et al. 2024): the graph of the allowed rows, as dense as the whole one, without having been built. What is collected
 * is taken out of the filter: one bit says of a row that it is allowed and not yet seen.
 *
 * @param wanted rows that are enough
 * @param crossed neighbours at most that are not allowed and whose lists are read for the sake of those who are
 */
export function gatherAllowed(row: u32, wanted: u32, crossed: usize): u32 {
  // Globals are copied: the compiler would load them again for every neighbour.
  const filter = allowed, rows = batchRows, bridges = batchRanks, seen = tags, now = epoch;
  const list = linksOf(row, 0);
  const end = list + 4 + (<usize>linkCount(list) << 2);
  let place = rows, lastBridge = bridges;
  for (let at = list + 4; at < end; at += 4) {
    const neighbour = load<u32>(at);
    const tag = seen + neighbour;
    store<u32>(place, neighbour);
    store<u32>(lastBridge, neighbour);
    const taken = takeFrom(filter, neighbour);
    place += taken << 2;
    lastBridge += (<usize>(load<u8>(tag) != now) & (taken ^ 1)) << 2;
    store<u8>(tag, now);
  }
  lastBridge = min(lastBridge, bridges + (crossed << 2));
  const enough = rows + (<usize>wanted << 2);
  for (let bridge = bridges; bridge < lastBridge && place < enough; ) {
    const upTo = min(lastBridge, bridge + (touchedBridges << 2));
    for (let at = bridge; at < upTo; at += 4) {
      // They come from main memory, and one after the other each would be waited for.
      const far = linksOf(load<u32>(at), 0);
      load<u8>(far);
      load<u8>(far, 64);
    }
    for (; bridge < upTo; bridge += 4) {
      const far = linksOf(load<u32>(bridge), 0);
      const farEnd = far + 4 + (<usize>linkCount(far) << 2);
      for (let at = far + 4; at < farEnd; at += 4) {
        const neighbour = load<u32>(at);
        store<u32>(place, neighbour);
        place += takeFrom(filter, neighbour) << 2;
      }
    }
  }
  const count = <u32>((place - rows) >> 2);
  touchRows(count);
  return count;
}
