import { promisify } from "node:util";
import { operations } from "@akidb/database";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import type { ServedMetrics } from "../telemetry/servedMetrics.ts";
import { runFor, runOperation } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

const MetricsText = Type.String({ description: "Metrics in the text format of Prometheus." });

export function addMetricsRoute(app: FastifyInstance, context: RestContext, metrics: ServedMetrics): void {
  const connectionCount = promisify(app.server.getConnections.bind(app.server));
  addRoute(app, operations.getGauges, {
    method: "GET",
    url: "/metrics",
    operationId: "getMetrics",
    tag: "Operations",
    summary: "What is measured, for Prometheus",
    description: "Of all tenants together; no name of a tenant or collection is in it.",
    responses: { 200: MetricsText },
    handle: async (request, reply) => {
      const gauges = await runOperation(operations.getGauges, {}, runFor(request, reply, context));
      const text = await metrics.render(gauges, await connectionCount());
      return reply.header("content-type", metrics.contentType).send(text);
    },
  });
}
