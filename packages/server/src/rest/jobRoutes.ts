import { operations } from "@akidb/database";
import { JobPath, JobResource, jobToWire } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

export function addJobRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "GET",
    url: "/api/v1/jobs/:job",
    operationId: "getJob",
    tag: "Operations",
    summary: "The progress of work that goes on behind the request that began it",
    description: "Not found once the server that did it has ended: what was to be deleted is gone by then.",
    operation: operations.getJob,
    params: JobPath,
    status: 200,
    response: JobResource,
    input: ({ params }) => params,
    output: jobToWire,
  });
}
