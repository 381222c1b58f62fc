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
 * Dispose of it when the work is done, or its timer lives on for the whole time. Most work only checks it: the signal and its
 * timer, which cost more than everything else of a deadline, are made when somebody asks for the signal.
 *
 * @param cancelled aborted when the caller has gone away
 */
export function deadlineAfter(clock: Clock, ms: number, cancelled?: AbortSignal): Deadline & Disposable {
  const endMs = clock.monotonicMs() + ms;
  const late = () => deadlineExceeded(`not done within ${ms} ms`);
  const remainingMs = () => Math.max(0, endMs - clock.monotonicMs());
  let signal: AbortSignal | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDisposed = false;
  const makeSignal = (): AbortSignal => {
    const timeout = new AbortController();
    if (remainingMs() === 0) timeout.abort(late());
    else if (!isDisposed) {
      timer = setTimeout(() => timeout.abort(late()), remainingMs());
      // Browsers have numbers for timers, and nothing that a timer could keep alive.
      if (typeof timer === "object") timer.unref();
    }
    return cancelled === undefined ? timeout.signal : AbortSignal.any([timeout.signal, cancelled]);
  };
  return {
    get signal() {
      signal ??= makeSignal();
      return signal;
    },
    cancelled,
    remainingMs,
    check: () => {
      const ended = signal ?? cancelled;
      if (ended !== undefined) throwIfAborted(ended);
      // The timer cannot fire while a synchronous scan holds the thread.
      if (remainingMs() === 0) throw late();
    },
    [Symbol.dispose]: () => {
      isDisposed = true;
      clearTimeout(timer);
    },
  };
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof AkiDbError) throw signal.reason;
  throw new AkiDbError("unavailable", "the request was cancelled", { cause: signal.reason });
}
