import type { Clock } from "./clock.ts";
import { AkiDbError, deadlineExceeded } from "./errors.ts";

/**
 * One limit in time for a whole request, and one signal that ends its work early: because the time is up
 * (`deadline_exceeded`) or because nobody waits for the answer any more.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Aborted when the caller has gone, and not when the time is up; undefined where nobody would know. */
  readonly cancelled: AbortSignal | undefined;
  remainingMs(): number;
  /** Throws once the work should stop; cheap enough to call between slices of a scan. */
  check(): void;
}

/** For work that only its caller can end. */
export function noDeadline(signal: AbortSignal = new AbortController().signal): Deadline {
  return {
    signal,
    cancelled: signal,
    remainingMs: () => Number.POSITIVE_INFINITY,
    check: () => throwIfAborted(signal),
  };
}

/**
 * Dispose of it when the work is done, or its timer lives on for the whole time.
 *
 * @param cancelled aborted when the caller has gone away
 */
export const deadlineAfter = (clock: Clock, ms: number, cancelled?: AbortSignal): Deadline & Disposable =>
  new TimedDeadline(clock, ms, cancelled);

/**
 * Most work only checks it: the signal and its timer, which cost more than everything else of a deadline, are made when
 * somebody asks for the signal. A class, because V8 takes 3 µs to make an object literal with a getter and a computed name.
 */
class TimedDeadline implements Deadline, Disposable {
  readonly cancelled: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #endMs: number;
  #signal: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  constructor(clock: Clock, ms: number, cancelled: AbortSignal | undefined) {
    this.cancelled = cancelled;
    this.#clock = clock;
    this.#ms = ms;
    this.#endMs = clock.monotonicMs() + ms;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#makeSignal();
    return this.#signal;
  }

  // Whoever checks a deadline may know its functions alone.
  readonly remainingMs = (): number => Math.max(0, this.#endMs - this.#clock.monotonicMs());

  readonly check = (): void => {
    const ended = this.#signal ?? this.cancelled;
    if (ended !== undefined) throwIfAborted(ended);
    // The timer cannot fire while a synchronous scan holds the thread.
    if (this.remainingMs() === 0) throw this.#late();
  };

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #makeSignal(): AbortSignal {
    const timeout = new AbortController();
    const remainingMs = this.remainingMs();
    if (remainingMs === 0) timeout.abort(this.#late());
    else if (!this.#isDisposed) {
      this.#timer = setTimeout(() => timeout.abort(this.#late()), remainingMs);
      // Browsers have numbers for timers, and nothing that a timer could keep alive.
      if (typeof this.#timer === "object") this.#timer.unref();
    }
    return this.cancelled === undefined ? timeout.signal : AbortSignal.any([timeout.signal, this.cancelled]);
  }

  #late(): AkiDbError {
    return deadlineExceeded(`not done within ${this.#ms} ms`);
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof AkiDbError) throw signal.reason;
  throw new AkiDbError("unavailable", "the request was cancelled", { cause: signal.reason });
}
