import type { Clock } from "@akidb/base";
import type { Reservation } from "@akidb/engine";

export interface MemoryAccountOptions {
  /** What is taken now. */
  readonly measure: () => number;
  /** Gives back what only makes reads faster. */
  readonly dropCaches: () => void;
  readonly clock: Clock;
}

/** Beyond it what was promised is measured again: estimates are not right for ever. */
const unmeasuredShareMax = 1 / 64;

const measureIntervalMs = 1_000;

/**
 * What is taken of some memory. It is measured now and then; until the next measurement, promises that were used count as if
 * they were taken.
 */
export class MemoryAccount {
  readonly #options: MemoryAccountOptions;
  #measuredBytes = 0;
  #measuredAtMs = Number.NEGATIVE_INFINITY;
  #usedSinceBytes = 0;
  #promisedBytes = 0;

  constructor(options: MemoryAccountOptions) {
    this.#options = options;
  }

  get takenBytes(): number {
    return this.#measuredBytes + this.#usedSinceBytes + this.#promisedBytes;
  }

  measure(): void {
    this.#measuredBytes = this.#options.measure();
    this.#measuredAtMs = this.#options.clock.monotonicMs();
    this.#usedSinceBytes = 0;
  }

  /** What does not fit is measured before. */
  fits(bytes: number, bytesMax: number): boolean {
    if (bytes === 0) return true;
    if (this.#isStale(bytesMax)) this.measure();
    if (this.takenBytes + bytes <= bytesMax) return true;
    this.#options.dropCaches();
    this.measure();
    return this.takenBytes + bytes <= bytesMax;
  }

  /** Whether it fits is not asked. */
  promise(bytes: number): Reservation {
    this.#promisedBytes += bytes;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#promisedBytes -= bytes;
        this.#usedSinceBytes += bytes;
      },
    };
  }

  #isStale(bytesMax: number): boolean {
    const isOld = this.#options.clock.monotonicMs() >= this.#measuredAtMs + measureIntervalMs;
    return isOld || this.#usedSinceBytes > bytesMax * unmeasuredShareMax;
  }
}
