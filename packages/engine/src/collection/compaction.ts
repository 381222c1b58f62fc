import type { AppliedState } from "./appliedState.ts";
import type { Reservation } from "./budget.ts";

/** Rows copied between two turns of the event loop: 1 to 3 ms. */
const rowsPerSlice = 256;

/** Rows that a search of the copy may have to scan when it takes over, if the original has no fewer. */
const tailRowsMax = 2_000;

const pollIntervalMs = 20;

/**
 * Copies the living rows of a collection, vectors and ids, into an empty state of the same documents, while searches and
 * writes go on: whoever writes applies every mutation to both from the moment that the compaction exists. It takes as much
 * memory again as the living rows do, until one of the two is closed.
 */
export class Compaction {
  readonly target: AppliedState;
  readonly #source: AppliedState;
  readonly #room: Reservation;
  #isStopped = false;

  /** @param room for the copy; given back once that is there, and counts by itself */
  constructor(source: AppliedState, target: AppliedState, room: Reservation) {
    this.#source = source;
    this.target = target;
    this.#room = room;
  }

  /** @returns true once the target can take the source's place at no cost to searches; false if it was stopped */
  async run(): Promise<boolean> {
    await this.copyRows();
    while (!this.#isStopped && !(this.#isLinked() && this.target.payload.isUpToDate)) {
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
    return !this.#isStopped;
  }

  async copyRows(): Promise<void> {
    using _room = this.#room;
    const { rowCount } = this.#source.rows;
    for (let row = 0; row < rowCount && !this.#isStopped; row += rowsPerSlice) {
      this.#copy(row, Math.min(rowCount, row + rowsPerSlice));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  #copy(from: number, to: number): void {
    const { rows, index } = this.#source;
    this.target.index.reserve(to - from);
    for (let row = from; row < to; row++) {
      // Replaced or deleted; or written again since, and so in the target already.
      if (!rows.isCurrent(row) || this.target.rows.holdsIdOf(rows, row)) continue;
      const copied = this.target.index.add(index.vectorOf(row));
      this.target.rows.copy(rows, row);
      this.target.expirations.set(copied, this.#source.expirations.of(row));
    }
    this.target.index.publish();
    this.target.indexPayload();
  }

  #isLinked(): boolean {
    return this.target.index.tailCount <= Math.max(tailRowsMax, this.#source.index.tailCount);
  }
}
