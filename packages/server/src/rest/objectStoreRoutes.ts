import { operations } from "@akidb/database";
import {
  CircuitBreakerList,
  CollectGarbageBody,
  circuitBreakersToWire,
  collectGarbageFromWire,
  DeadLetterCollectionPath,
  DeadLetterList,
  DeadLetterRetryResource,
  deadLetterListToWire,
  deadLetterRetryToWire,
  GarbageReportResource,
  garbageReportToWire,
  PageQuery,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Operations";

export function addObjectStoreRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: "/admin/circuit-breaker/reset",
    operationId: "resetCircuitBreakers",
    tag,
    summary: "Ask the object store at once, though it has failed again and again",
    description: "Where it still fails, it is left alone again. Without this it is probed from time to time.",
    operation: operations.resetCircuitBreakers,
    status: 200,
    response: CircuitBreakerList,
    input: () => ({}),
    output: circuitBreakersToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/admin/dlq",
    operationId: "listDeadLetters",
    tag,
    summary: "List what could not be brought to the object store, or removed there, and is tried again",
    description:
      "The dead-letter queue, of all tenants. It names what waits on the server, and holds nothing of it.",
    operation: operations.listDeadLetters,
    querystring: PageQuery,
    status: 200,
    response: DeadLetterList,
    input: ({ query }) => query,
    output: deadLetterListToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: "/admin/collections/:collection/dlq/retry",
    operationId: "retryDeadLetters",
    tag,
    summary: "Try all of a collection's dead letters at once",
    description:
      "Answers when all were tried. While the store is away it is refused with `unavailable`; what has begun goes on although " +
      "nobody waits for it.",
    operation: operations.retryDeadLetters,
    params: DeadLetterCollectionPath,
    status: 200,
    response: DeadLetterRetryResource,
    input: ({ params }) => ({ collectionId: params.collection }),
    output: deadLetterRetryToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: "/admin/gc",
    operationId: "collectGarbage",
    tag,
    summary:
      "Find what nobody needs, in the data directory and in the object store, and remove it if told so",
    description:
      "What any manifest names stays, and what was modified lately. It goes on although nobody waits for it; where a look takes longer " +
      "than a request may, `server.timeout_seconds` says how long that is.",
    operation: operations.collectGarbage,
    body: CollectGarbageBody,
    status: 200,
    response: GarbageReportResource,
    input: ({ body }) => collectGarbageFromWire(body),
    output: garbageReportToWire,
  });
}
