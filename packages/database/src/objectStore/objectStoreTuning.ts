import type { ObjectStoreCircuitOptions, RetryOptions } from "@akidb/objects";
import type { DeadLetterTimes } from "../deadLetters/deadLetterTimes.ts";

/** Where the object store is to be tried, and given up, in other times than by default. */
export interface ObjectStoreTuning {
  readonly retry?: Partial<Pick<RetryOptions, "attemptsMax" | "firstDelayMs" | "delayMaxMs">>;
  /** Of S3: an attempt over whose connection nothing moves for so long has failed. */
  readonly idleTimeoutMs?: number;
  readonly circuit?: Pick<
    ObjectStoreCircuitOptions,
    "failuresMax" | "restMs" | "restMsMax" | "probeTimeoutMs"
  >;
  /** How long deletions of collections, and the end of the process, wait for the store. */
  readonly patienceMs?: number;
  readonly deadLetters?: Partial<DeadLetterTimes>;
}
