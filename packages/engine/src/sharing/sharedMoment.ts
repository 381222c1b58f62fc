/** Nothing is shared any more. Odd, as every moment is while something is changed. */
const ended = -1;

/**
 * One word in shared memory, by which readers in other threads know that nothing has changed while they read: even while all
 * that was applied is where they look for it, odd while it is not. A sequence lock (Lameter 2005) that nobody waits for: who
 * finds it odd, or moved, has somebody else answer.
 */
export class SharedMoment {
  readonly memory: SharedArrayBuffer;
  readonly #word: Int32Array<SharedArrayBuffer>;

  /** @param memory of another thread's; new, and odd, if absent */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#word = new Int32Array(this.memory);
    if (memory === undefined) Atomics.store(this.#word, 0, 1);
  }

  /**
   * Of the writer alone, as the others that follow: before anything is changed that readers might see. An exchange, which
   * no store behind it may pass; a store alone may be passed, on processors of ARM for one.
   */
  change(): void {
    const before = Atomics.load(this.#word, 0);
    if (before !== ended) Atomics.exchange(this.#word, 0, nextOdd(before));
  }

  /** Readers find everything that was changed where they look. */
  settle(): void {
    const before = Atomics.load(this.#word, 0);
    if (before !== ended && before % 2 !== 0) Atomics.store(this.#word, 0, (before + 1) & 0x7fff_ffff);
  }

  /** From now on what was shared is not what is served. */
  end(): void {
    Atomics.exchange(this.#word, 0, ended);
  }

  get isEnded(): boolean {
    return Atomics.load(this.#word, 0) === ended;
  }

  /** @returns undefined while nobody but the writer can read everything */
  now(): number | undefined {
    const now = Atomics.load(this.#word, 0);
    return now % 2 === 0 ? now : undefined;
  }

  /** Whether all that was read since is of that moment. */
  isStill(moment: number): boolean {
    return Atomics.load(this.#word, 0) === moment;
  }
}

const nextOdd = (before: number): number => (before + (before % 2 === 0 ? 1 : 2)) & 0x7fff_ffff;
