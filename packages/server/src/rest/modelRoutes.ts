import { operations } from "@akidb/database";
import { ModelList, ModelPath, ModelResource, modelListToWire, modelToWire } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Embedding";
const url = "/api/v1/models";

export function addModelRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listModels",
    tag,
    summary: "List the embedding models of the server, and those that the tenant's collections are pinned to",
    operation: operations.listModels,
    status: 200,
    response: ModelList,
    input: () => ({}),
    output: modelListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:model`,
    operationId: "getModel",
    tag,
    summary: "Describe an embedding model",
    operation: operations.getModel,
    params: ModelPath,
    status: 200,
    response: ModelResource,
    input: ({ params }) => params,
    output: modelToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/:model/switch`,
    operationId: "switchModel",
    tag,
    summary:
      "Make a model of the server's configuration the one that embeds for collections and requests that name none, once it is loaded",
    operation: operations.switchModel,
    params: ModelPath,
    status: 200,
    response: ModelResource,
    input: ({ params }) => params,
    output: modelToWire,
  });
}
