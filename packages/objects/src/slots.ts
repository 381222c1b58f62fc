import { assert, type Deadline } from "@akidb/base";

/** A bounded number of permits, given in the order of asking. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    assert(Number.isInteger(count) && count >= 1, "there is a slot to wait for");
    this.#free = count;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** @returns the slot, given back when it is disposed of */
  async take(deadline?: Deadline): Promise<Disposable> {
    deadline?.check();
    if (this.#free > 0) this.#free--;
    else await this.#wait(deadline);
    return { [Symbol.dispose]: () => this.#giveBack() };
  }

  async #wait(deadline: Deadline | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      this.#waiting.delete(resolve);
      try {
        deadline?.check();
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.add(resolve);
    deadline?.signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      deadline?.signal.removeEventListener("abort", onAbort);
    }
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
