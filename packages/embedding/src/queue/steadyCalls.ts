import {
  type AkiDbError,
  CircuitBreaker,
  type Clock,
  isAkiDbError,
  noDeadline,
  orAborted,
  type Random,
  unavailable,
} from "@akidb/base";
import { DelegateBackoff, handleWhen, type IRetryBackoffContext, retry } from "cockatiel";

const attemptsMax = 3;
const firstDelayMs = 200;
/** A provider that wants more time than this gets it from the caller. */
const delayMsMax = 5_000;
const failuresMax = 5;
const restMs = 10_000;

/**
 * Calls of a provider that may fail: repeated where that may pass, after a wait that doubles and of which a random half is
 * taken off, no less than the provider's `retryAfterMs`; and after five failures in a row refused at once for ten seconds, then
 * tried by one call.
 */
export class SteadyCalls {
  readonly #random: Random;
  readonly #breaker: CircuitBreaker;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#random = random;
    this.#breaker = new CircuitBreaker({
      clock,
      failuresMax,
      restMs,
      verdictOf: (error) => (isFailure(error) ? "failure" : "answer"),
      refusal: resting,
    });
  }

  async run<Result>(signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result> {
    const { check } = noDeadline(signal);
    const repeated = retry(handleWhen(isPassing), {
      maxAttempts: attemptsMax - 1,
      backoff: new DelegateBackoff<IRetryBackoffContext<unknown>>(({ attempt: repetition, result }) => {
        const error = "error" in result ? result.error : undefined;
        const wantedMs = isPassing(error) ? error.retryAfterMs : 0;
        if (wantedMs > delayMsMax) throw error;
        return Math.max(wantedMs, jitteredMs(firstDelayMs * 2 ** (repetition - 1), this.#random));
      }),
    });
    const work = repeated.execute(() => {
      check();
      return this.#breaker.run(attempt);
    });
    // cockatiel sleeps on when the signal fires.
    return await orAborted(work, noDeadline(signal));
  }
}

/** Who is refused is told the whole rest, so that nobody waits here for its end. */
const resting = (): AkiDbError =>
  unavailable("the embedding provider has failed again and again; it is left alone for a while", {
    retryAfterMs: restMs,
  });

const isFailure = (error: unknown): error is AkiDbError =>
  isAkiDbError(error) && error.code === "unavailable";

const isPassing = (error: unknown): error is AkiDbError & { readonly retryAfterMs: number } =>
  isFailure(error) && error.retryAfterMs !== undefined;

function jitteredMs(ms: number, random: Random): number {
  const [drawn = 0] = new Uint32Array(random.fill(new Uint8Array(4)).buffer);
  return (ms / 2) * (1 + drawn / 0x1_0000_0000);
}
