import { type Deadline, isAkiDbError, noDeadline, type Random } from "@akidb/base";
import { DelegateBackoff, handleWhen, type IRetryBackoffContext, retry } from "cockatiel";
import { type RetryOptions, waitMsMax } from "./retryOptions.ts";

export interface RetriedCall {
  readonly operation: string;
  readonly deadline: Deadline | undefined;
}

/**
 * Repeats an attempt that ended with `unavailable`, and nothing else, after a wait that doubles from time to time, of
 * which a random half is taken off, and no less than the error's `retryAfterMs`. A wait that the deadline would cut, or
 * that the store wants to be longer than {@link waitMsMax}, is not begun: the error is the better answer.
 *
 * @param attempt must do no harm when repeated, also when the earlier attempt has succeeded unnoticed
 */
export async function retrying<Result>(
  options: RetryOptions,
  { operation, deadline = noDeadline() }: RetriedCall,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const backoff = new DelegateBackoff<IRetryBackoffContext<unknown>>(({ attempt: repetition, result }) => {
    const error = "error" in result ? result.error : undefined;
    const delayMs = Math.max(retryAfterMsOf(error), jitteredDelayMs(options, repetition));
    if (delayMs > waitMsMax || delayMs >= deadline.remainingMs()) throw error;
    options.onRetry?.({ operation, repetition, delayMs, error });
    return delayMs;
  });
  const policy = retry(handleWhen(isUnavailable), { maxAttempts: options.attemptsMax - 1, backoff });
  const checked = (): Promise<Result> => {
    deadline.check();
    return attempt();
  };
  return untilAborted(deadline, policy.execute(checked, deadline.signal));
}

const isUnavailable = (error: unknown): boolean => isAkiDbError(error) && error.code === "unavailable";

const retryAfterMsOf = (error: unknown): number => (isAkiDbError(error) && error.retryAfterMs) || 0;

function jitteredDelayMs({ firstDelayMs, delayMaxMs, random }: RetryOptions, repetition: number): number {
  const fullMs = Math.min(delayMaxMs, firstDelayMs * 2 ** (repetition - 1));
  return (fullMs / 2) * (1 + uniform(random));
}

/** In [0, 1). */
function uniform(random: Random): number {
  const bytes = random.fill(new Uint8Array(4));
  return new DataView(bytes.buffer).getUint32(0) / 0x1_0000_0000;
}

/** cockatiel sleeps on when the signal fires; whoever waits is told at once, and nothing is attempted after. */
async function untilAborted<Result>(deadline: Deadline, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => {
    try {
      deadline.check();
    } catch (error) {
      reject(error);
    }
  };
  deadline.signal.addEventListener("abort", onAbort, { once: true });
  if (deadline.signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    deadline.signal.removeEventListener("abort", onAbort);
  }
}
