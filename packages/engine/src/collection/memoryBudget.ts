/** Memory that is about to be taken: until it is disposed of, nobody else is promised it. */
export type MemoryReservation = Disposable;

/** The memory of a process that its collections share. */
export interface MemoryBudget {
  /**
   * For what a write adds.
   *
   * @returns undefined where there is no room for it now
   */
  reserve(bytes: number): MemoryReservation | undefined;
  /**
   * As {@link MemoryBudget.reserve}, after others were asked to give theirs back.
   *
   * @throws AkiDbError `quota_exceeded` or `unavailable` where there is still no room
   */
  makeRoom(bytes: number): Promise<MemoryReservation>;
  /** As {@link MemoryBudget.reserve}, for what is taken to give more back later: some is kept for it. */
  reserveCopy(bytes: number): MemoryReservation | undefined;
}

const nothing: MemoryReservation = { [Symbol.dispose]: () => {} };

/** As much as the machine has. */
export const unlimitedMemory: MemoryBudget = {
  reserve: () => nothing,
  makeRoom: async () => nothing,
  reserveCopy: () => nothing,
};
