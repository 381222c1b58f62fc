import type { Clock } from "@akidb/base";
import type { Reservation } from "@akidb/engine";
import { BytesTally } from "./bytesTally.ts";

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

/** Of so many questions, one looks at the clock: that costs a microsecond on some machines. */
const questionsPerLook = 16;

/**
 * What is taken of some memory. It is measured now and then; until the next measurement, promises that were used count as if
 * they were taken.
 */
export class MemoryAccount {
  readonly #options: MemoryAccountOptions;
  #measuredBytes = 0;
  #measuredAtMs = Number.NEGATIVE_INFINITY;
  readonly #tally = new BytesTally();
  #questionCount = 0;

  constructor(options: MemoryAccountOptions) {
    this.#options = options;
  }

  /** At the last measurement. */
  get measuredBytes(): number {
    return this.#measuredBytes;
  }

  get takenBytes(): number {
    return this.#measuredBytes + this.#tally.total;
  }

  measure(): void {
    this.#measuredBytes = this.#options.measure();
    this.#measuredAtMs = this.#options.clock.monotonicMs();
    this.#tally.usedSince = 0;
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
    return this.#tally.promise(bytes);
  }

  #isStale(bytesMax: number): boolean {
    if (this.#tally.usedSince > bytesMax * unmeasuredShareMax) return true;
    if (this.#questionCount++ % questionsPerLook !== 0) return false;
    return this.#options.clock.monotonicMs() >= this.#measuredAtMs + measureIntervalMs;
  }
}
