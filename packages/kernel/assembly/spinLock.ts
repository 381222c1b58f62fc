import { locks } from "./segment";

// One byte per node, held for the length of one list's rewriting, by builders only.

export function lock(row: u32): void {
  while (atomic.cmpxchg<u8>(locks + row, 0, 1) != 0) {}
}

export function unlock(row: u32): void {
  atomic.store<u8>(locks + row, 0);
}
