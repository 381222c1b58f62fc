import { operations } from "@akidb/database";
import { EmbedBody, EmbedResponse, embedFromWire, embedResultToWire } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

export function addEmbedRoute(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/embed",
    operationId: "embed",
    tag: "Embedding",
    summary: "Turn texts into vectors",
    operation: operations.embed,
    body: EmbedBody,
    status: 200,
    response: EmbedResponse,
    input: ({ body }) => embedFromWire(body),
    output: embedResultToWire,
  });
}
