/** What is about to be taken: until it is disposed of, nobody else is promised it. */
export type Reservation = Disposable;

/** Something of which there is not enough for everybody, and that collections share. */
export interface Budget {
  /**
   * For what a write adds.
   *
   * @returns undefined where there is no room for it now
   */
  reserve(bytes: number): Reservation | undefined;
  /**
   * As {@link Budget.reserve}, after others were asked to give theirs back.
   *
   * @throws AkiDbError `quota_exceeded` or `unavailable` where there is still no room
   */
  makeRoom(bytes: number): Promise<Reservation>;
}

export const nothing: Reservation = { [Symbol.dispose]: () => {} };

/** As much as the machine has. */
export const unlimited: Budget = {
  reserve: () => nothing,
  makeRoom: async () => nothing,
};
