import type { Deadline } from "@akidb/base";

/**
 * Cuts long work into slices, and leaves the thread to others in between: `if (turns.isDue(cost)) await turns.next()`.
 */
export class Turns {
  readonly #costPerSlice: number;
  readonly #deadline: Deadline;
  #left: number;

  /** @param costPerSlice of what takes a millisecond or two, in any unit */
  constructor(costPerSlice: number, deadline: Deadline) {
    this.#costPerSlice = costPerSlice;
    this.#deadline = deadline;
    this.#left = costPerSlice;
  }

  /** @param cost of what was done since the last call */
  isDue(cost = 1): boolean {
    this.#left -= cost;
    return this.#left <= 0;
  }

  /** @throws what the deadline throws */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#deadline.check();
    this.#left = this.#costPerSlice;
  }
}
