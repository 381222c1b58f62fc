/** A number in shared memory: what another thread was told by one generation is not so sure by the next. */
export class SharedGeneration {
  readonly memory: SharedArrayBuffer;
  readonly #word: Int32Array<SharedArrayBuffer>;

  /** @param memory of another thread's; new if absent */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#word = new Int32Array(memory);
  }

  get now(): number {
    return Atomics.load(this.#word, 0);
  }

  /** Of the thread alone that made it. */
  advance(): void {
    Atomics.add(this.#word, 0, 1);
  }
}
