import { operations } from "@akidb/database";
import {
  ApiKeyList,
  ApiKeyPath,
  ApiKeyResource,
  apiKeyListToWire,
  apiKeyToWire,
  CreateApiKeyBody,
  CreatedApiKeyResource,
  createApiKeyFromWire,
  createdApiKeyToWire,
  ListApiKeysQuery,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Users and keys";
const url = "/api/v1/api-keys";

export function addApiKeyRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "createApiKey",
    tag,
    summary: "Create an API key",
    description: "Its secret is in the answer and nowhere else. No key may do more than whoever makes it.",
    operation: operations.createApiKey,
    body: CreateApiKeyBody,
    status: 201,
    response: CreatedApiKeyResource,
    input: ({ body }) => createApiKeyFromWire(body),
    output: createdApiKeyToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listApiKeys",
    tag,
    summary: "List API keys",
    operation: operations.listApiKeys,
    querystring: ListApiKeysQuery,
    status: 200,
    response: ApiKeyList,
    input: ({ query }) => query,
    output: apiKeyListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:apiKey`,
    operationId: "getApiKey",
    tag,
    summary: "Describe an API key",
    operation: operations.getApiKey,
    params: ApiKeyPath,
    status: 200,
    response: ApiKeyResource,
    input: ({ params }) => params,
    output: apiKeyToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/:apiKey/revoke`,
    operationId: "revokeApiKey",
    tag,
    summary: "Revoke an API key for good",
    operation: operations.revokeApiKey,
    params: ApiKeyPath,
    status: 200,
    response: ApiKeyResource,
    input: ({ params }) => params,
    output: apiKeyToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: `${url}/:apiKey`,
    operationId: "deleteApiKey",
    tag,
    summary: "Delete an API key, which does not work any longer",
    operation: operations.deleteApiKey,
    params: ApiKeyPath,
    status: 204,
    input: ({ params }) => params,
    output: () => undefined,
  });
}
