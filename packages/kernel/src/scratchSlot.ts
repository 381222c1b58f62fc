import { unavailable } from "@akidb/base";
import { slotGuestsWord, slotsTakenWord } from "./headerWords.ts";
import { segmentThreadsMax } from "./segmentOptions.ts";

/** A thread that searches what is not its own: others look after what it leaves when it fails. */
export interface SegmentGuest {
  /** From 1 on, of no other thread that runs at the same time. */
  readonly number: number;
  /** Of the working spaces that it may take: those before are kept for others. */
  readonly firstSlot: number;
}

/**
 * Takes a thread's working space in a segment: the first that is free.
 *
 * @throws AkiDbError `unavailable` where as many threads as there are slots hold one
 */
export function takeSlot(header: Int32Array, guest?: SegmentGuest): number {
  const { firstSlot, number } = guest ?? { firstSlot: 0, number: 0 };
  for (;;) {
    const taken = Atomics.load(header, slotsTakenWord);
    let slot = firstSlot;
    while (slot < segmentThreadsMax && (taken >>> slot) & 1) slot += 1;
    if (slot === segmentThreadsMax) {
      const count = segmentThreadsMax - firstSlot;
      throw unavailable(`${count} threads have this segment open; close it in one of them`);
    }
    if (Atomics.compareExchange(header, slotsTakenWord, taken, taken | (1 << slot)) === taken) {
      Atomics.store(header, slotGuestsWord + slot, number);
      return slot;
    }
  }
}

export function releaseSlot(header: Int32Array, slot: number): void {
  Atomics.store(header, slotGuestsWord + slot, 0);
  Atomics.and(header, slotsTakenWord, ~(1 << slot));
}

/** To be called once the guest's thread has ended. */
export function releaseSlotsOf(header: Int32Array, guestNumber: number): void {
  for (let slot = 0; slot < segmentThreadsMax; slot++) {
    if (Atomics.load(header, slotGuestsWord + slot) === guestNumber) releaseSlot(header, slot);
  }
}
