import type { AkiDbError } from "@akidb/base";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseTraceParent } from "../telemetry/traceParent.ts";
import type { RequestTrace } from "../telemetry/tracing.ts";
import type { RestContext } from "./restContext.ts";

declare module "fastify" {
  interface FastifyRequest {
    trace: RequestTrace | undefined;
    /** What it was answered with, where that is an error. */
    refusal: AkiDbError | undefined;
  }
}

/** Begins a trace with each request, and tells of it when it is over: in the log, in the metrics, and to the trace. */
export function observeRequests(app: FastifyInstance, context: RestContext): void {
  app.decorateRequest("trace", undefined);
  app.decorateRequest("refusal", undefined);
  app.addHook("onRequest", (request, _reply, done) => {
    request.trace = beginTrace(request, context);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    tell(request, reply, context);
    done();
  });
}

const pathOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? "unknown";

function beginTrace(request: FastifyRequest, { tracing }: RestContext): RequestTrace | undefined {
  const { traceparent, tracestate } = request.headers;
  const trace = tracing.beginRequest(`${methodOf(request)} ${pathOf(request)}`, {
    parent: parseTraceParent(traceparent),
    state: typeof tracestate === "string" ? tracestate : undefined,
  });
  trace?.span?.set({
    "http.request.method": methodOf(request),
    "http.route": pathOf(request),
    "akidb.request_id": request.id,
  });
  return trace;
}

function tell(request: FastifyRequest, reply: FastifyReply, { logger, meter, clock }: RestContext): void {
  const { trace, refusal } = request;
  const isAnswered = reply.raw.writableFinished;
  const path = pathOf(request);
  // What the server could not do concerns whoever runs it, and no message of these repeats what was asked.
  const isFailure = refusal !== undefined && reply.statusCode >= 500;
  logger[isFailure ? "warn" : "info"](
    {
      requestId: request.id,
      ...(trace !== undefined && { traceId: trace.id }),
      method: request.method,
      route: path,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      ...(isAnswered ? { status: reply.statusCode } : { aborted: true }),
      ...(refusal !== undefined && { code: refusal.code }),
      ...(isFailure && { reason: refusal.message }),
    },
    "request",
  );
  meter?.answered({
    method: methodOf(request),
    path,
    status: isAnswered ? String(reply.statusCode) : "aborted",
    durationMs: reply.elapsedTime,
  });
  const span = trace?.span;
  if (span === undefined) return;
  const nowMs = clock.monotonicMs();
  if (trace?.answeredMs !== undefined) span.begin("serialise", trace.answeredMs).end(nowMs);
  if (isAnswered) span.set({ "http.response.status_code": reply.statusCode });
  if (!isAnswered) span.fail("aborted");
  else if (reply.statusCode >= 500) span.fail(String(reply.statusCode));
  span.end(nowMs);
}

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Node takes some thirty. */
const methodOf = ({ method }: FastifyRequest): string => (methods.has(method) ? method : "other");
