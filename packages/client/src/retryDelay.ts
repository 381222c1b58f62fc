import type { AkiDbError, Random } from "@akidb/base";

/** Attempts of one request, the first included. */
export const attemptsMax = 4;

const firstDelayMs = 100;
/** What a server asks for beyond this is the caller's decision. */
const delayMsMax = 5_000;

export interface FailedAttempt {
  readonly error: AkiDbError;
  /** Counted from 1. */
  readonly attempt: number;
  /** Whether doing it twice does what doing it once does. */
  readonly repeatable: boolean;
  readonly random: Random;
}

/**
 * Milliseconds until the next attempt; undefined where there should be none. Only `unavailable` and `rate_limited` are
 * tried again: where the server says when (it then has done nothing), any request; otherwise (no answer came) only
 * repeatable ones.
 *
 * The wait doubles with every attempt and half of it is random, so that clients which failed together do not come back
 * together (M. Brooker, "Exponential Backoff and Jitter", AWS 2015: "equal jitter").
 */
export function retryDelayMs({ error, attempt, repeatable, random }: FailedAttempt): number | undefined {
  const mayPass = error.code === "unavailable" || error.code === "rate_limited";
  if (!mayPass || attempt >= attemptsMax) return undefined;
  const { retryAfterMs } = error;
  if (retryAfterMs === undefined && !repeatable) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > delayMsMax) return undefined;
  const backOffMs = firstDelayMs * 2 ** (attempt - 1);
  const jitteredMs = (backOffMs * (1 + uniform(random))) / 2;
  return (retryAfterMs ?? 0) + jitteredMs;
}

/** In [0, 1). */
function uniform(random: Random): number {
  const [bits = 0] = new Uint32Array(random.fill(new Uint8Array(4)).buffer as ArrayBuffer);
  return bits / 0x1_0000_0000;
}
