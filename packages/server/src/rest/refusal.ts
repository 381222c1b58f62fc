import { type AkiDbError, invalidArgument, toAkiDbError, unavailable } from "@akidb/base";
import {
  errorMapping,
  jsonRpcErrorFrom,
  openAiErrorFrom,
  type Problem,
  problemContentType,
  problemFromError,
  retryAfterSeconds,
} from "@akidb/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "./httpError.ts";
import type { RestContext } from "./restContext.ts";

/** Answers with a problem, whatever was thrown; only what nobody expected is logged, since callers do not see it. */
export function refuse(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  context: RestContext,
): void {
  const error = toAkiDbError(transportError(thrown, context.bodyBytesMax) ?? thrown);
  request.refusal = error;
  if (error.code === "internal") {
    const { id: requestId, trace } = request;
    context.logger.error({ requestId, traceId: trace?.id, err: error.cause ?? error }, "request failed");
  }
  // A URL that cannot be read never comes by the hook that sets it.
  reply.header("x-request-id", request.id);
  if (error.code === "unauthenticated") reply.header("www-authenticate", "Bearer");
  const retryAfter = retryAfterSeconds(error);
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  const status = error instanceof HttpError ? error.httpStatus : errorMapping[error.code].httpStatus;
  if (isOfMcp(request.url)) sendRefusal(reply, status, jsonRpcErrorFrom(error.code, error.message));
  else if (isOfOpenAi(request.url)) sendRefusal(reply, status, openAiErrorFrom(error, status));
  else sendProblem(reply, problemFromError(error, request.id, status));
}

/** Whoever speaks one of these reads no problems, whatever goes wrong: wrong methods, too. */
const isOfMcp = (url: string): boolean => /^\/mcp(?:$|\?)/.test(url);
const isOfOpenAi = (url: string): boolean => url.startsWith("/v1/");

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  reply.header("content-type", problemContentType);
  sendRefusal(reply, problem.status, problem);
}

function sendRefusal(reply: FastifyReply, status: number, body: object): void {
  // Fastify would cut a connection whose body it did not take; `drainBody` lets it run out.
  reply.removeHeader("connection");
  reply.code(status).send(body);
}

/** The errors that Fastify and Node have for a request; undefined for all else. */
function transportError(thrown: unknown, bodyBytesMax: number): AkiDbError | undefined {
  if (!(thrown instanceof Error && "code" in thrown)) return undefined;
  switch (thrown.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new HttpError(
        413,
        "quota_exceeded",
        `the body is larger than limits.max_body_bytes, which is ${bodyBytesMax}; send documents in smaller batches or as NDJSON`,
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new HttpError(
        415,
        "invalid_argument",
        "the body's content-type is not one that this resource takes; send application/json",
      );
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return invalidArgument("", "the body is not as long as its content-length says");
    case "ECONNRESET":
      return unavailable("the caller has gone away");
    case "FST_ERR_BAD_URL":
      return invalidArgument("", "the URL's path is not valid percent-encoded UTF-8");
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new HttpError(414, "invalid_argument", "a segment of the URL's path is too long");
    default:
      return undefined;
  }
}
