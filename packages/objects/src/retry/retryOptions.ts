import type { Random } from "@akidb/base";

export interface RetryOptions {
  /** The first one included. */
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  readonly delayMaxMs: number;
  /** Spreads those who failed together. */
  readonly random: Random;
  /** Called before each repetition, for counters and logs. */
  readonly onRetry?: (retry: RetryNotice) => void;
}

export interface RetryNotice {
  /** What is repeated: `put`, `get`, … */
  readonly operation: string;
  /** 1 for the first repetition. */
  readonly repetition: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** Some 6 s in all before an outage is one. */
export const retryDefaults = { attemptsMax: 6, firstDelayMs: 200, delayMaxMs: 10_000 } as const;

/** A store that wants more time gets it from whoever called: work in the background comes back by itself. */
export const waitMsMax = 30_000;
