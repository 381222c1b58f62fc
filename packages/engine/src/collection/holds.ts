/** Counts who needs something to stay, and tells when nobody does. */
export class Holds {
  #count = 0;
  readonly #watchers: (() => void)[] = [];

  /** Until it is disposed of, once. */
  take(): Disposable {
    this.#count += 1;
    return {
      [Symbol.dispose]: () => {
        this.#count -= 1;
        if (this.#count === 0) for (const resolve of this.#watchers.splice(0)) resolve();
      },
    };
  }

  /** Resolves when there are none. */
  async gone(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }
}
