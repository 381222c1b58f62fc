import { AkiDbError } from "@akidb/base";

/**
 * What was asked of a collection that is searched in place needs it in memory. Nothing has happened: who holds it closes
 * it, opens it in memory and does it then; a caller who is told nevertheless may try again.
 */
export class PromotionNeededError extends AkiDbError {
  /** @param reason a clause: what there is, or is asked for */
  constructor(reason: string) {
    super("unavailable", `the collection has to be brought into memory first: ${reason}`, {
      retryAfterMs: 1_000,
    });
  }
}
