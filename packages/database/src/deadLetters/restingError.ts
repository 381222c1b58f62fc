import { AkiDbError } from "@akidb/base";

/** It was not tried: it has failed before, and its next attempt is yet to come. */
export class RestingError extends AkiDbError {
  constructor(retryAfterMs: number) {
    super("unavailable", "it has failed before, and is tried again later", { retryAfterMs });
  }
}
