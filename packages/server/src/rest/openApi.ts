import { OpenApiDocument } from "@akidb/protocol";
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { addRoute } from "./route.ts";

/** Must be added before the routes that it is to describe. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "AkiDB",
        version,
        description:
          "Every error is a problem (RFC 9457) with a `code`. Unknown fields are refused. " +
          "Every answer carries `x-request-id`, the caller's own where it sent one. Requests with credentials are answered " +
          "with `ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset`, and with 429 and `retry-after` beyond " +
          "their tenant's rate.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [
        { name: "Collections" },
        { name: "Documents" },
        { name: "Search" },
        { name: "Snapshots" },
        { name: "Tiers" },
        { name: "Embedding" },
        { name: "OpenAI" },
        { name: "MCP" },
        { name: "Policies" },
        { name: "Tenants" },
        { name: "Databases" },
        { name: "Users and keys" },
        { name: "Audit log" },
        { name: "Health" },
        { name: "Operations" },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "An API key (`akidb_…`), or the access token of a session.",
          },
          apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: "An API key." },
        },
      },
    },
    refResolver: {
      buildLocalReference: ({ $id }, _baseUri, _fragment, index) => String($id ?? `Schema${index}`),
    },
  });
}

export function addOpenApiRoute(app: FastifyInstance): void {
  let document: string | undefined;
  addRoute(app, "public", {
    method: "GET",
    url: "/openapi.json",
    operationId: "getOpenApi",
    tag: "Health",
    summary: "This document",
    responses: { 200: OpenApiDocument },
    handle: (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.header("content-type", "application/json").send(document);
    },
  });
}
