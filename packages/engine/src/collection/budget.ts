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

/** Both at once. */
export const together = (first: Reservation, second: Reservation): Reservation =>
  new TwoReservations(first, second);

/** A class, because every write makes some: objects whose method is made with them cost a microsecond each. */
class TwoReservations implements Reservation {
  readonly #first: Reservation;
  readonly #second: Reservation;

  constructor(first: Reservation, second: Reservation) {
    this.#first = first;
    this.#second = second;
  }

  [Symbol.dispose](): void {
    this.#first[Symbol.dispose]();
    this.#second[Symbol.dispose]();
  }
}
