import { operations } from "@akidb/database";
import { UsageQuery, UsageResource, usageToWire } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

export function addUsageRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "GET",
    url: "/api/v1/usage",
    operationId: "getUsage",
    tag: "Operations",
    summary: "What the tenant has of its quotas",
    description: "Memory, disk and requests against what the tenant may have, over all of its databases.",
    operation: operations.getUsage,
    querystring: UsageQuery,
    status: 200,
    response: UsageResource,
    input: ({ query }) => query,
    output: usageToWire,
  });
}
