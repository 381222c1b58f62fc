import { AkiDbError, failedPrecondition, isAkiDbError, notFound, unavailable } from "@akidb/base";

/** What of the SDK's errors counts; not every server that speaks S3 fills all of it. */
interface S3Failure {
  readonly name: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
}

/** Of the server's own codes: those that another attempt may get over, whatever their status. */
const passingNames: ReadonlySet<string> = new Set([
  "BadDigest",
  "ConditionalRequestConflict",
  "IncompleteBody",
  "InternalError",
  "OperationAborted",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TimeoutError",
  "TooManyRequests",
  "XAmzContentChecksumMismatch",
]);

const badCredentialNames: ReadonlySet<string> = new Set([
  "AuthorizationHeaderMalformed",
  "CredentialsProviderError",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
]);

/**
 * @param what is asked of the store, for the message: `the object "a/b"`
 * @returns of code `failed_precondition` with {@link isConditionFailure} where a condition does not hold
 */
export function translateS3Error(what: string, error: unknown): AkiDbError {
  if (isAkiDbError(error)) return error;
  const { name, code, status, retryAfterMs } = failureOf(error);
  const options = { cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (isPassing(name, code, status)) {
    const detail = status === undefined ? (code ?? name) : `${status} ${name}`;
    return unavailable(`the object store did not serve ${what} (${detail})`, options);
  }
  if (name === "NoSuchBucket") return failedPrecondition("the bucket does not exist");
  if (badCredentialNames.has(name) || status === 401) {
    return new AkiDbError(
      "unauthenticated",
      `the object store does not accept the credentials (${name})`,
      options,
    );
  }
  if (status === 403) {
    return new AkiDbError(
      "permission_denied",
      `the object store refuses access to ${what} (${name})`,
      options,
    );
  }
  if (status === 404) return notFound(what);
  if (status === 412) return new ConditionFailedError(what, options);
  if (status === 301 || status === 307) {
    return failedPrecondition("the bucket is in another region: set object_store.region");
  }
  if (status === 501) {
    return new AkiDbError(
      "failed_precondition",
      `the object store cannot do what ${what} needs (${name})`,
      options,
    );
  }
  return new AkiDbError(
    "internal",
    `the object store answered ${status ?? code ?? name} to ${what}`,
    options,
  );
}

/** A 412: the caller's condition, or that of a repeated attempt whose forerunner has won. */
export class ConditionFailedError extends AkiDbError {
  constructor(what: string, options: { readonly cause: unknown }) {
    super("failed_precondition", `${what} is not as the condition wants it`, options);
  }
}

/** Whether a multipart upload is gone: aborted, or completed by an attempt whose answer was lost. */
export const isUploadGone = (error: unknown): boolean => isAkiDbError(error) && error.code === "not_found";

/** A request that the network broke has a code of the system and no status. */
function isPassing(name: string, code: string | undefined, status: number | undefined): boolean {
  if (passingNames.has(name)) return true;
  if (status !== undefined) return status === 408 || status === 429 || (status >= 500 && status !== 501);
  return code !== undefined && !isCertificateProblem(code);
}

const isCertificateProblem = (code: string): boolean => /CERT|^UNABLE_TO|^ERR_TLS|^ERR_INVALID/.test(code);

function failureOf(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { ...nothingKnown, name: String(error) };
  const { $metadata, $response, code } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; headers?: Record<string, string> };
    code?: unknown;
  };
  const retryAfter = Number($response?.headers?.["retry-after"]);
  return {
    name: error.name,
    code: typeof code === "string" ? code : undefined,
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
    retryAfterMs: retryAfter > 0 ? retryAfter * 1_000 : undefined,
  };
}

const nothingKnown: Omit<S3Failure, "name"> = {
  code: undefined,
  status: undefined,
  retryAfterMs: undefined,
};

export const cutShort = (key: string, at: number, end: number): AkiDbError =>
  unavailable(`the object store cut the object ${JSON.stringify(key)} short at byte ${at} of ${end}`);
