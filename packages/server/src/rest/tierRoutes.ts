import { operations } from "@akidb/database";
import {
  ChangeTierBody,
  CollectionPath,
  TierMetricsResource,
  TierResource,
  tierMetricsToWire,
  tierToWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Tiers";
const url = "/api/v1/collections/:collection/tier";

export function addTierRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "getTier",
    tag,
    summary: "Where a collection is kept, and how it is used",
    operation: operations.getTier,
    params: CollectionPath,
    status: 200,
    response: TierResource,
    input: ({ params }) => params,
    output: tierToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "changeTier",
    tag,
    summary: "Move a collection to another tier, or pin it",
    description:
      "Whatever the tier, every request is answered; one to a cold collection brings it back first.",
    operation: operations.changeTier,
    params: CollectionPath,
    body: ChangeTierBody,
    status: 200,
    response: TierResource,
    input: ({ params, body }) => ({ ...params, ...body }),
    output: tierToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/api/v1/metrics/tiers",
    operationId: "getTierMetrics",
    tag,
    summary: "The collections of a database by their tiers",
    operation: operations.getTierMetrics,
    status: 200,
    response: TierMetricsResource,
    input: () => ({}),
    output: tierMetricsToWire,
  });
}
