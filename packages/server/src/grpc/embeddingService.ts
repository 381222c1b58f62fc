import { type EmbedInput, invalidArgument, type ModelInfo, notFound } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields, roundedMs } from "@akidb/protocol";
import type { EmbeddingServiceDefinition, Model as ModelMessage } from "@akidb/protocol/grpc";
import { runOperation } from "./callSession.ts";
import { nullsAbsent } from "./nullsAbsent.ts";
import type { ServiceHandles } from "./service.ts";
import { componentsOf } from "./toMessage.ts";

export const embeddingService: ServiceHandles<typeof EmbeddingServiceDefinition> = {
  embed: async ({ texts, model: name, pooling, normalize, dimension: wanted }, session) => {
    if (pooling !== undefined && pooling !== "")
      throw invalidArgument("pooling", "is the model's own; leave it out");
    if (normalize === false) throw invalidArgument("normalize", "vectors have length 1 always; leave it out");
    const input = definedFields<EmbedInput>({ texts, model: name, dimension: wanted });
    const { embeddings, model, dimension, usage } = await runOperation(operations.embed, input, session);
    return {
      embeddings: embeddings.map((vector) => ({ values: componentsOf(vector) })),
      model,
      dimension,
      usage: { totalTokens: usage.totalTokens, durationMs: roundedMs(usage.durationMs) },
    };
  },
  getModelInfo: async ({ model: wanted }, session) => {
    const models = await runOperation(operations.listServedModels, {}, session);
    const found = wanted === undefined ? models[0] : models.find(({ name }) => name === wanted);
    if (found === undefined) throw notFound(`model ${JSON.stringify(wanted)}`);
    return { model: found.name, dimension: found.dimension, maxTokens: found.maxTokens };
  },
  listModels: async (_request, session) => ({
    models: (await runOperation(operations.listModels, {}, session)).map(modelMessage),
  }),
  getModel: async (reference, session) =>
    modelMessage(await runOperation(operations.getModel, reference, session)),
  switchModel: async (reference, session) =>
    modelMessage(await runOperation(operations.switchModel, reference, session)),
};

const modelMessage = ({ id, ...model }: ModelInfo): ModelMessage => ({ modelId: id, ...nullsAbsent(model) });
