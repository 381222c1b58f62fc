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
  JobPath,
  JobResource,
  jobToWire,
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
      "What any manifest names stays, and what was modified lately. It goes on, as a job, although nobody waits for it; what takes longer " +
      "than a request may (`server.timeout_seconds`) is begun as one.",
    operation: operations.collectGarbage,
    body: CollectGarbageBody,
    status: 200,
    response: GarbageReportResource,
    input: ({ body }) => collectGarbageFromWire(body),
    output: garbageReportToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: "/admin/gc/jobs",
    operationId: "startGarbageCollection",
    tag,
    summary: "Begin to look for what nobody needs, and to remove it if told so",
    description:
      "`GET /api/v1/jobs/{job}` tells how far it is. One goes on at a time: where one does the same already, it is the answer.",
    operation: operations.startGarbageCollection,
    body: CollectGarbageBody,
    status: 202,
    response: JobResource,
    input: ({ body }) => collectGarbageFromWire(body),
    output: jobToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/admin/gc/jobs/:job/report",
    operationId: "getGarbageReport",
    tag,
    summary: "What a look for garbage has found, and removed, until it ended or was cancelled",
    description: "The latest are remembered, until the server ends.",
    operation: operations.getGarbageReport,
    params: JobPath,
    status: 200,
    response: GarbageReportResource,
    input: ({ params }) => params,
    output: garbageReportToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: "/admin/gc/jobs/:job/cancel",
    operationId: "cancelGarbageCollection",
    tag,
    summary: "End a look for garbage between two removals",
    description: "Answers when it has ended; its report tells what was done until then.",
    operation: operations.cancelGarbageCollection,
    params: JobPath,
    status: 200,
    response: JobResource,
    input: ({ params }) => params,
    output: jobToWire,
  });
}
