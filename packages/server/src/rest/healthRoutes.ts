import { HealthResponse, ReadinessResponse } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { readinessToWire } from "./readiness.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

export function addHealthRoutes(app: FastifyInstance, { database, version }: RestContext): void {
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
    responses: { 200: ReadinessResponse, 503: ReadinessResponse },
    handle: (_request, reply) => {
      const readiness = readinessToWire(database.readiness());
      return reply.code(readiness.status === "loading" ? 503 : 200).send(readiness);
    },
  });
}
