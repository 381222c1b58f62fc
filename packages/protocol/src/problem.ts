import { AkiDbError, type ErrorCode } from "@akidb/base";
import Type, { type Static } from "typebox";
import { Code, errorBodyFrom, isErrorCode, Violation } from "./errorBody.ts";
import { errorMapping } from "./errorMapping.ts";

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String({ format: "uri", examples: ["urn:akidb:error:not_found"] }),
    title: Type.String({ examples: ["Not found"] }),
    status: Type.Integer({ description: "The HTTP status.", examples: [404] }),
    code: Code,
    detail: Type.String({ examples: ['collection "books" does not exist'] }),
    request_id: Type.String({ examples: ["019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d"] }),
    errors: Type.Optional(Type.Array(Violation)),
  },
  { $id: "Problem", description: "Why a request was refused (RFC 9457)." },
);
export type Problem = Static<typeof Problem>;

export const problemContentType = "application/problem+json";

/**
 * @param httpStatus where HTTP has a status of its own for the case (405, 413, 415, …) instead of the code's usual one
 */
export function problemFromError(
  error: AkiDbError,
  requestId: string,
  httpStatus: number = errorMapping[error.code].httpStatus,
): Problem {
  const { code, detail, errors } = errorBodyFrom(error.code, error.message, error.violations);
  return {
    type: `urn:akidb:error:${code}`,
    title: errorMapping[code].title,
    status: httpStatus,
    code,
    detail,
    request_id: requestId,
    ...(errors !== undefined && { errors }),
  };
}

/** Whole seconds, as the `retry-after` header wants them; undefined where the error does not say. */
export const retryAfterSeconds = ({ retryAfterMs }: AkiDbError): number | undefined =>
  retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1_000));

export interface HttpRefusal {
  readonly httpStatus: number;
  /** The `retry-after` header, in seconds. */
  readonly retryAfter?: string | null;
  /** The parsed body, or whatever else came. */
  readonly body: unknown;
}

/** The error that the server threw; from an answer that is not a problem (a proxy's, say) what its status tells. */
export function errorFromProblem({ httpStatus, retryAfter, body }: HttpRefusal): AkiDbError {
  const seconds = Number(retryAfter ?? Number.NaN);
  const retry = Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1_000 } : {};
  if (!isProblem(body)) {
    return new AkiDbError(
      codeOfStatus(httpStatus),
      `the server answered with HTTP status ${httpStatus}`,
      retry,
    );
  }
  const { code, detail, errors = [], request_id } = body;
  const request = typeof request_id === "string" ? { requestId: request_id } : {};
  return new AkiDbError(code, detail, { violations: errors, ...request, ...retry });
}

function isProblem(
  body: unknown,
): body is Pick<Problem, "code" | "detail" | "errors"> & { readonly request_id?: unknown } {
  if (typeof body !== "object" || body === null) return false;
  const { code, detail, errors } = body as Partial<Record<string, unknown>>;
  return isErrorCode(code) && typeof detail === "string" && (errors === undefined || isViolations(errors));
}

const isViolations = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (item: { readonly path?: unknown; readonly detail?: unknown } | null) =>
      typeof item?.path === "string" && typeof item.detail === "string",
  );

/** The first code of the table that has this status; otherwise by the status' class. */
function codeOfStatus(httpStatus: number): ErrorCode {
  for (const [code, mapping] of Object.entries(errorMapping)) {
    if (mapping.httpStatus === httpStatus && isErrorCode(code)) return code;
  }
  if (httpStatus === 502) return "unavailable";
  return httpStatus >= 400 && httpStatus < 500 ? "invalid_argument" : "internal";
}
