/**
 * The one family of errors, in every layer and every API. A new code needs a row in `protocol`'s error mapping, which
 * the compiler enforces.
 */
export const errorCodes = [
  "not_found",
  "already_exists",
  "invalid_argument",
  "quota_exceeded",
  "rate_limited",
  "invalid_state",
  "failed_precondition",
  "unauthenticated",
  "permission_denied",
  "tenant_suspended",
  "unavailable",
  "deadline_exceeded",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * One bad field of a request: `path` is dotted, with indexes in brackets (`documents[3].vector[17]`), in the names of the
 * wire (`max_doc_count`), the same in every API.
 */
export interface FieldViolation {
  readonly path: string;
  readonly detail: string;
}

export interface AkiDbErrorOptions {
  readonly violations?: readonly FieldViolation[];
  /** When to try again; for `unavailable`, `rate_limited` and `quota_exceeded`. */
  readonly retryAfterMs?: number;
  /** By which the log of the server knows the request that it refused. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** Names, ids and paths that were asked for are repeated, and may have been of any length. */
const messageCharactersMax = 8_000;
const fieldCharactersMax = 1_000;

const clip = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).toWellFormed()}…`;

/**
 * An error that a caller may see: its message says what is wrong and what would be right, and holds no path, SQL or
 * secret. Whatever is thrown that is not an AkiDbError is reported to callers as `internal`, without its message.
 */
export class AkiDbError extends Error {
  readonly code: ErrorCode;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  /** Of what a server refused: what its log calls the request. */
  readonly requestId: string | undefined;

  constructor(code: ErrorCode, message: string, options: AkiDbErrorOptions = {}) {
    super(
      clip(message, messageCharactersMax),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "AkiDbError";
    this.code = code;
    this.violations = (options.violations ?? []).map(({ path, detail }) => ({
      path: clip(path, fieldCharactersMax),
      detail: clip(detail, fieldCharactersMax),
    }));
    this.retryAfterMs = options.retryAfterMs;
    this.requestId = options.requestId;
  }
}

export const isAkiDbError = (error: unknown): error is AkiDbError => error instanceof AkiDbError;

/** What any thrown value looks like to a caller. */
export function toAkiDbError(error: unknown): AkiDbError {
  return isAkiDbError(error) ? error : new AkiDbError("internal", "internal error", { cause: error });
}

/** `"widget" does not exist` and the like: `what` is a noun phrase that names the thing. */
export const notFound = (what: string): AkiDbError => new AkiDbError("not_found", `${what} does not exist`);

export const alreadyExists = (what: string): AkiDbError =>
  new AkiDbError("already_exists", `${what} already exists`);

/** One bad field. Prefer {@link invalidArguments} where several can be named at once. */
export const invalidArgument = (path: string, detail: string): AkiDbError =>
  invalidArguments([{ path, detail }]);

/** @param violations at least one */
export function invalidArguments(violations: readonly FieldViolation[]): AkiDbError {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  const message = first === undefined ? "invalid argument" : `${describeViolation(first)}${more}`;
  return new AkiDbError("invalid_argument", message, { violations });
}

export const describeViolation = ({ path, detail }: FieldViolation): string =>
  path === "" ? detail : `${path}: ${detail}`;

export const invalidState = (message: string): AkiDbError => new AkiDbError("invalid_state", message);

export const failedPrecondition = (message: string): AkiDbError =>
  new AkiDbError("failed_precondition", message);

export const unavailable = (
  message: string,
  options: Omit<AkiDbErrorOptions, "violations"> = {},
): AkiDbError => new AkiDbError("unavailable", message, options);

export const deadlineExceeded = (message: string): AkiDbError => new AkiDbError("deadline_exceeded", message);

export const quotaExceeded = (message: string): AkiDbError => new AkiDbError("quota_exceeded", message);
