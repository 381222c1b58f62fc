/** Work of the same key goes one after the other, of different keys side by side. */
export class Lanes<Key> {
  readonly #lanes = new Map<Key, Promise<unknown>>();

  run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#lanes.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    const settled = done.catch(() => {});
    this.#lanes.set(key, settled);
    void settled.then(() => {
      if (this.#lanes.get(key) === settled) this.#lanes.delete(key);
    });
    return done;
  }

  isBusy(key: Key): boolean {
    return this.#lanes.has(key);
  }

  /** Resolves when all that is in them now has ended. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#lanes.values());
  }
}
