import { operations } from "@akidb/database";
import { HealthResponse, ReadinessResponse } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import { readinessToWire, withoutNames } from "./readiness.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

export function addHealthRoutes(app: FastifyInstance, context: RestContext): void {
  const { database, version, requiresCredentials } = context;
  addRoute(app, "public", {
    method: "GET",
    url: "/health",
    operationId: "getHealth",
    tag: "Health",
    summary: "Whether the process answers",
    responses: { 200: HealthResponse },
    handle: (_request, reply) => reply.send({ status: "ok", version }),
  });
  addRoute(app, "public", {
    method: "GET",
    url: "/ready",
    operationId: "getReadiness",
    tag: "Health",
    summary: "Whether every part is ready to serve",
    description: "Where requests need credentials, it names no collection and no file: /admin/health does.",
    responses: { 200: ReadinessResponse, 503: ReadinessResponse },
    handle: async (_request, reply) => {
      const readiness = readinessToWire(await database.readiness());
      return reply
        .code(readiness.status === "loading" ? 503 : 200)
        .send(requiresCredentials ? withoutNames(readiness) : readiness);
    },
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/admin/health",
    operationId: "getReadinessOfServer",
    tag: "Operations",
    summary: "Whether every part is ready to serve, and what is damaged",
    operation: operations.getReadiness,
    status: 200,
    response: ReadinessResponse,
    input: () => ({}),
    output: readinessToWire,
  });
}
