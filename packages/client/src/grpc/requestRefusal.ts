import { type AkiDbError, invalidArgument, isAkiDbError } from "@akidb/base";

/** What a caller is told whose request no message can hold. */
export function requestRefusal(error: unknown): AkiDbError {
  if (isAkiDbError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return invalidArgument("", `the request cannot be written as a message: ${reason}`);
}
