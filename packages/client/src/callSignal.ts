import { AkiDbError, type CallOptions, deadlineExceeded, invalidArgument } from "@akidb/base";

/** The longest that timers of browsers and Node can wait. */
const timeoutMsMax = 2 ** 31 - 1;

/** What ends one call early, and the error that its caller then sees. */
export interface CallSignal {
  readonly signal: AbortSignal;
  /** Undefined while the call may go on. */
  error(): AkiDbError | undefined;
}

/** `AbortSignal.timeout` and not base's `deadlineAfter`, whose timers exist in Node only. */
export function callSignal(url: string, timeoutMs: number, cancelled?: AbortSignal): CallSignal {
  checkTimeoutMs(timeoutMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  return {
    signal: cancelled === undefined ? timeout : AbortSignal.any([timeout, cancelled]),
    error: () => {
      if (cancelled?.aborted) {
        return new AkiDbError("unavailable", "the request was cancelled", { cause: cancelled.reason });
      }
      return timeout.aborted ? deadlineExceeded(`${url} did not answer within ${timeoutMs} ms`) : undefined;
    },
  };
}

export function checkTimeoutMs(timeoutMs: NonNullable<CallOptions["timeoutMs"]>): void {
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > timeoutMsMax) {
    throw invalidArgument("timeoutMs", `must be a whole number from 1 to ${timeoutMsMax}`);
  }
}

/** Resolves early when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
