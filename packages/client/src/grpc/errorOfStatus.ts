import { AkiDbError, deadlineExceeded, errorCodes, failedPrecondition, unavailable } from "@akidb/base";
import { errorMapping } from "@akidb/protocol";
import { BadRequest, ErrorInfo, RequestInfo, RetryInfo, Status } from "@akidb/protocol/grpc";
import { type ServiceError, status as statusCodes } from "@grpc/grpc-js";
import { untrustedCertificate } from "../untrustedCertificate.ts";

/** The error that the server threw; from a status without AkiDB's details (the library's, a proxy's) what it tells. */
export function errorOfStatus(error: ServiceError, url: string): AkiDbError {
  const details = detailsOf(error);
  const reason = details.get("ErrorInfo");
  if (reason === undefined) return errorWithoutDetails(error, url);
  const name = ErrorInfo.decode(reason).reason.toLowerCase();
  const code = errorCodes.find((each) => each === name) ?? codeOfStatus(error.code);
  const { fieldViolations } = BadRequest.decode(details.get("BadRequest") ?? new Uint8Array());
  const { requestId } = RequestInfo.decode(details.get("RequestInfo") ?? new Uint8Array());
  const retry = details.get("RetryInfo");
  return new AkiDbError(code, error.details, {
    violations: fieldViolations.map(({ field, description }) => ({ path: field, detail: description })),
    ...(requestId !== "" && { requestId }),
    ...(retry !== undefined && { retryAfterMs: retryAfterMs(RetryInfo.decode(retry)) }),
  });
}

/** Messages of google.rpc by their names. */
function detailsOf({ metadata }: ServiceError): ReadonlyMap<string, Uint8Array> {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!(bytes instanceof Uint8Array)) return new Map();
  try {
    const { details } = Status.decode(bytes);
    return new Map(details.map(({ typeUrl, value }) => [typeUrl.replace(/^.*\/google\.rpc\./, ""), value]));
  } catch {
    return new Map();
  }
}

const retryAfterMs = ({ retryDelay }: RetryInfo): number =>
  (retryDelay?.seconds ?? 0) * 1_000 + Math.ceil((retryDelay?.nanos ?? 0) / 1_000_000);

function errorWithoutDetails(error: ServiceError, url: string): AkiDbError {
  const { code, details } = error;
  switch (code) {
    case statusCodes.UNAVAILABLE:
    // A connection that breaks off in the middle, as HTTP/2 tells it; nobody here cancelled the call.
    case statusCodes.CANCELLED:
      return unreachable(error, url);
    case statusCodes.INTERNAL:
      return /RST_STREAM/.test(details) ? unreachable(error, url) : unexpected(error);
    case statusCodes.DEADLINE_EXCEEDED:
      return deadlineExceeded(`${url} did not answer in time`);
    case statusCodes.UNIMPLEMENTED:
      return failedPrecondition(`${url} does not know this call: it is an older AkiDB, or something else`);
    default:
      return unexpected(error);
  }
}

const unexpected = ({ code, details }: ServiceError): AkiDbError =>
  new AkiDbError(codeOfStatus(code), `the server answered with gRPC status ${statusCodes[code]}: ${details}`);

/** The first code of the table that has this status. */
const codeOfStatus = (status: number) =>
  errorCodes.find((code) => errorMapping[code].grpcStatus === status) ?? "internal";

/** The library has Node's code of what went wrong in its text, where there is one. */
function unreachable(error: ServiceError, url: string): AkiDbError {
  const certificate = certificateProblem(error.details);
  if (certificate !== undefined) return untrustedCertificate(url, certificate);
  const [code] = /\bE[A-Z]{4,}\b/.exec(error.details) ?? [];
  const reason = code === undefined ? "" : ` (${code})`;
  return unavailable(`no answer from ${url}${reason}; is the server running?`, { cause: error });
}

/** OpenSSL's own words: the library keeps no code. */
const certificateProblem = (details: string): string | undefined =>
  /self-signed certificate[a-z ]*|unable to (?:get|verify)[a-z ]* certificate|certificate has expired|Hostname\/IP does not match certificate's altnames|unable to verify the first certificate/.exec(
    details,
  )?.[0];
