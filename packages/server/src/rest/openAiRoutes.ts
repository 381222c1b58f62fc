import { notFound } from "@akidb/base";
import { operations } from "@akidb/database";
import {
  inOpenAiNames,
  OpenAiEmbeddings,
  OpenAiEmbeddingsBody,
  OpenAiError,
  OpenAiModel,
  OpenAiModelList,
  OpenAiModelPath,
  openAiEmbeddingsFromWire,
  openAiEmbeddingsToWire,
  openAiModelToWire,
} from "@akidb/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { operationRoute, runFor, runOperation } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

const tag = "OpenAI";
const refusal = { "application/json": OpenAiError };

/** The embeddings API of OpenAI, for clients that speak it; what is refused is refused in its shape, too. */
export function addOpenAiRoutes(app: FastifyInstance, context: RestContext): void {
  addRoute(app, operations.embed, {
    method: "POST",
    url: "/v1/embeddings",
    operationId: "createOpenAiEmbeddings",
    tag,
    summary: "Turn texts into vectors, as OpenAI does",
    body: { "application/json": OpenAiEmbeddingsBody },
    responses: { 200: OpenAiEmbeddings },
    refusal,
    handle: async (request, reply) => {
      const { body } = request as FastifyRequest<{ Body: OpenAiEmbeddingsBody }>;
      try {
        const input = openAiEmbeddingsFromWire(body);
        const result = await runOperation(operations.embed, input, runFor(request, reply, context));
        return openAiEmbeddingsToWire(result, body.encoding_format);
      } catch (error) {
        throw inOpenAiNames(error, body);
      }
    },
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/v1/models",
    operationId: "listOpenAiModels",
    tag,
    summary: "The embedding models, as OpenAI lists them",
    operation: operations.listServedModels,
    status: 200,
    response: OpenAiModelList,
    refusal,
    input: () => ({}),
    output: (models) => ({ object: "list", data: models.map(openAiModelToWire) }),
  });
  addRoute(app, operations.listServedModels, {
    method: "GET",
    url: "/v1/models/:model",
    operationId: "getOpenAiModel",
    tag,
    summary: "One embedding model, as OpenAI shows it",
    params: OpenAiModelPath,
    responses: { 200: OpenAiModel },
    refusal,
    handle: async (request, reply) => {
      const { model: id } = (request as FastifyRequest<{ Params: { readonly model: string } }>).params;
      const models = await runOperation(operations.listServedModels, {}, runFor(request, reply, context));
      const found = models.find(({ name }) => name === id);
      if (found === undefined) throw notFound(`model ${JSON.stringify(id)}`);
      return openAiModelToWire(found);
    },
  });
}
