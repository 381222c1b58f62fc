import type { Deadline } from "@akidb/base";

/**
 * Long work of the calling thread, one after the other: each piece reads all there is, and two would only share the
 * thread. It runs in slices, and others do what is short between them.
 */
export class SliceLane {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param work checks the deadline itself, from slice to slice
   * @throws AkiDbError what the deadline throws, also while the work has to wait
   */
  async run<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    deadline.check();
    const given = Promise.withResolvers<never>();
    let hasBegun = false;
    const giveUp = (): void => {
      if (hasBegun) return;
      try {
        deadline.check();
      } catch (error) {
        given.reject(error);
      }
    };
    const turn = this.#last.then(async () => {
      deadline.check();
      hasBegun = true;
      return await work();
    });
    this.#last = turn.catch(() => {});
    deadline.signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([turn, given.promise]);
    } finally {
      deadline.signal.removeEventListener("abort", giveUp);
    }
  }
}
