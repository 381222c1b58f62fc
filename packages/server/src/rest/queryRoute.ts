import { operations } from "@akidb/database";
import { CollectionPath, QueryBody, QueryResponse, queryFromWire, queryResultToWire } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

export function addQueryRoute(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/collections/:collection/query",
    operationId: "query",
    tag: "Search",
    summary: "Find the documents nearest to a vector or a text",
    operation: operations.query,
    params: CollectionPath,
    body: QueryBody,
    status: 200,
    response: QueryResponse,
    input: ({ params, body }) => ({ ...params, ...queryFromWire(body) }),
    output: queryResultToWire,
  });
}
