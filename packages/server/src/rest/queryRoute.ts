import { operations } from "@akidb/database";
import {
  CollectionPath,
  QueryBatchBody,
  QueryBatchResponse,
  QueryBody,
  QueryResponse,
  queryBatchFromWire,
  queryBatchItemsToWire,
  queryFromWire,
  queryResultToWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

export function addQueryRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/collections/:collection/query",
    operationId: "query",
    tag: "Search",
    summary: "Find the documents nearest to a vector, a text, or other documents",
    operation: operations.query,
    params: CollectionPath,
    body: QueryBody,
    status: 200,
    response: QueryResponse,
    input: ({ params, body }) => ({ ...params, ...queryFromWire(body) }),
    output: queryResultToWire,
  });

  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/collections/:collection/query/batch",
    operationId: "queryBatch",
    tag: "Search",
    summary: "Answer many queries in one request",
    operation: operations.queryBatch,
    params: CollectionPath,
    body: QueryBatchBody,
    status: 200,
    response: QueryBatchResponse,
    input: ({ params, body }) => ({ ...params, queries: queryBatchFromWire(body) }),
    output: queryBatchItemsToWire,
  });
}
