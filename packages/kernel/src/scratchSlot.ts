import { unavailable } from "@akidb/base";
import { slotsTakenWord } from "./headerWords.ts";
import { segmentThreadsMax } from "./segmentOptions.ts";

/**
 * Takes a thread's working space in a segment: the first that is free.
 *
 * @param first of those that the thread may take
 * @throws AkiDbError `unavailable` where as many threads as there are slots hold one
 */
export function takeSlot(header: Int32Array, first: number): number {
  for (;;) {
    const taken = Atomics.load(header, slotsTakenWord);
    let slot = first;
    while (slot < segmentThreadsMax && (taken >>> slot) & 1) slot += 1;
    if (slot === segmentThreadsMax) {
      const count = segmentThreadsMax - first;
      throw unavailable(`${count} threads have this segment open; close it in one of them`);
    }
    if (Atomics.compareExchange(header, slotsTakenWord, taken, taken | (1 << slot)) === taken) return slot;
  }
}

export function releaseSlot(header: Int32Array, slot: number): void {
  Atomics.and(header, slotsTakenWord, ~(1 << slot));
}
