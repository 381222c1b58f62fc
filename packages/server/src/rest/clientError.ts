import { AkiDbError, type ErrorCode, type IdGenerator } from "@akidb/base";
import { problemContentType, problemFromError } from "@akidb/protocol";
import type { FastifyServerOptions } from "fastify";

type ClientErrorHandler = NonNullable<FastifyServerOptions["clientErrorHandler"]>;

/** Answers what is not HTTP, or too much of it, before there is a request: with a problem, as everything else. */
export const createClientErrorHandler =
  (ids: IdGenerator): ClientErrorHandler =>
  (error, socket) => {
    if (socket.writable && error.code !== "ECONNRESET") socket.write(answer(error.code, ids.next()));
    socket.destroy();
  };

function answer(errorCode: string, requestId: string): string {
  const { status, reason, code, detail } = refusals[errorCode] ?? malformed;
  const body = JSON.stringify(problemFromError(new AkiDbError(code, detail), requestId, status));
  return [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

const malformed: Refusal = {
  status: 400,
  reason: "Bad Request",
  code: "invalid_argument",
  detail: "the request is not valid HTTP",
};

/** By the codes of Node's HTTP server. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: "Request Header Fields Too Large",
    code: "quota_exceeded",
    detail: "the headers are too large",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: "Request Timeout",
    code: "deadline_exceeded",
    detail: "the headers did not arrive in time",
  },
};
