import { type ErrorCode, isAkiDbError } from "./errors.ts";

/** Together a second and more; the first ones are for what takes a write. */
const waitsMs = [2, 4, 8, 16, 32, 64, 128, 256, 512];

/**
 * Does it again, after growing waits, while it is refused for what another caller is about to finish: a collection may have its name
 * and not be served yet, and a document's next version may be decided and not be readable yet.
 *
 * @throws what the last attempt threw
 */
export async function retryWhile<Result>(code: ErrorCode, attempt: () => Promise<Result>): Promise<Result> {
  for (const waitMs of waitsMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAkiDbError(error) || error.code !== code) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
  return attempt();
}
