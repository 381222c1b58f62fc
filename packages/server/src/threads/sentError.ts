import { AkiDbError, type ErrorCode, type FieldViolation, toAkiDbError } from "@akidb/base";

/** An error on its way between threads, which would take its class from it. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  /** For the log. */
  readonly cause: string | undefined;
}

export function sentError(thrown: unknown): SentError {
  const { code, message, violations, retryAfterMs, cause } = toAkiDbError(thrown);
  return { code, message, violations, retryAfterMs, cause: cause === undefined ? undefined : textOf(cause) };
}

/** With the stacks of all that caused it. */
function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const text = cause.stack ?? String(cause);
  return cause.cause === undefined ? text : `${text}\ncaused by ${textOf(cause.cause)}`;
}

export function receivedError({ code, message, violations, retryAfterMs, cause }: SentError): AkiDbError {
  return new AkiDbError(code, message, {
    violations,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(cause !== undefined && { cause: causeOf(cause) }),
  });
}

function causeOf(text: string): Error {
  const [message] = text.split("\n", 1);
  const error = new Error(message);
  error.stack = text;
  return error;
}
