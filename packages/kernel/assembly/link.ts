import * as header from "../src/headerWords";
import { insertRow } from "./insert";
import { cancelled } from "./scratch";
import { codec, isDead, levels, linkedPrefix, rowCount } from "./segment";

const linkNextAt: usize = header.linkNextWord << 2;
const linkedPrefixAt: usize = header.linkedPrefixWord << 2;

/**
 * Links the next rows of the tail, side by side with whoever else does.
 *
 * @returns how many it linked; fewer than asked for where none are left or it was cancelled
 */
export function linkRows(most: u32): u32 {
  let done: u32 = 0;
  while (done < most && atomic.load<i32>(cancelled) == 0) {
    const row = atomic.load<u32>(linkNextAt);
    if (row >= rowCount()) break;
    if (atomic.cmpxchg<u32>(linkNextAt, row, row + 1) != row) continue;
    if (!isDead(row)) {
      if (codec == header.codecFloat) insertRow<f32>(row);
      else if (codec == header.codecSevenBit) insertRow<u8>(row);
      else insertRow<bool>(row);
    }
    atomic.or<u8>(levels + row, header.linkedFlag);
    advancePrefix();
    done++;
  }
  return done;
}

/** Builders finish out of order; the prefix is as far as all have finished. */
function advancePrefix(): void {
  for (;;) {
    const prefix = linkedPrefix();
    if (prefix >= rowCount() || (atomic.load<u8>(levels + prefix) & header.linkedFlag) == 0) return;
    atomic.cmpxchg<u32>(linkedPrefixAt, prefix, prefix + 1);
  }
}
