import { unavailable } from "@akidb/base";

/**
 * Does the part of a write that takes memory in proportion to it.
 *
 * @throws AkiDbError `unavailable` where there is none left; else what `work` throws
 */
export function withinMemory<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw unavailable("there is not enough memory for the write", { cause });
  }
}
