import { assert, deadlineAfter } from "@akidb/base";
import type { Caller, Operation } from "@akidb/database";
import { NoContent, roundedMs } from "@akidb/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Static, TObject, TSchema } from "typebox";

import type { RequestTrace } from "../telemetry/tracing.ts";
import { callerSignal } from "./callerSignal.ts";
import { entityTag } from "./entityTag.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute, type Route, type RouteText } from "./route.ts";

export interface OperationRoute<
  Input,
  Output,
  Params extends TObject,
  Query extends TSchema,
  Body extends TSchema,
> extends RouteText {
  readonly operation: Operation<Input, Output>;
  readonly params?: Params;
  readonly querystring?: Query;
  readonly body?: Body;
  /** Of the body; `application/json` if absent. */
  readonly contentTypes?: readonly string[];
  readonly status: 200 | 201 | 202 | 204;
  /** Of the answer's body; absent where it has none. */
  readonly response?: TSchema;
  readonly input: (parts: RequestParts<Params, Query, Body>) => Input;
  /** The version of the document that the answer is about, for its `ETag`. */
  readonly version?: (output: Output) => number | undefined;
  /** As {@link Route.refusal}. */
  readonly refusal?: Route["refusal"];
  /** Makes the answer's body. */
  readonly output: (output: Output, latencyMs: number) => unknown;
}

/** Validated against their schemas. */
export interface RequestParts<Params extends TObject, Query extends TSchema, Body extends TSchema> {
  readonly params: Static<Params>;
  readonly query: Static<Query>;
  readonly body: Static<Body>;
  readonly headers: FastifyRequest["headers"];
}

/** A route that runs one operation once. */
export function operationRoute<
  Input,
  Output,
  Params extends TObject = TObject,
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
>(
  app: FastifyInstance,
  context: RestContext,
  route: OperationRoute<Input, Output, Params, Query, Body>,
): void {
  const { operation, status, response, body, input, output, version, contentTypes } = route;
  addRoute(app, operation, {
    ...route,
    body: body && Object.fromEntries((contentTypes ?? ["application/json"]).map((type) => [type, body])),
    responses: { [status]: response ?? NoContent },
    handle: async (request, reply) => {
      const parts = request as RequestParts<Params, Query, Body>;
      const startMs = context.clock.monotonicMs();
      const result = await runOperation(operation, input(parts), runFor(request, reply, context));
      const tag = version?.(result);
      if (tag !== undefined) reply.header("etag", entityTag(tag));
      return reply.code(status).send(output(result, roundedMs(context.clock.monotonicMs() - startMs)));
    },
  });
}

export interface Run {
  readonly context: RestContext;
  readonly requestId: string;
  readonly trace: RequestTrace | undefined;
  readonly caller: Caller;
  readonly route: string;
  /** Of the path; the default one if undefined. */
  readonly database: string | undefined;
  /** Aborts when the caller has gone away. */
  readonly signal: AbortSignal;
}

export function runFor(request: FastifyRequest, reply: FastifyReply, context: RestContext): Run {
  const { id: requestId, trace, caller, database, method, routeOptions } = request;
  assert(caller !== undefined, "a hook has found out who calls");
  const route = `${method} ${routeOptions.url}`;
  return { context, requestId, trace, caller, route, database, signal: callerSignal(reply) };
}

/** Runs an operation until it is done, its time is up, or the caller has gone away. */
export async function runOperation<Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  { context, signal, ...call }: Run,
): Promise<Output> {
  const { database, clock, timeoutMs } = context;
  using deadline = deadlineAfter(clock, timeoutMs, signal);
  const output = await database.execute(operation, input, { ...call, deadline });
  if (call.trace?.span !== undefined) call.trace.answeredMs = clock.monotonicMs();
  return output;
}
