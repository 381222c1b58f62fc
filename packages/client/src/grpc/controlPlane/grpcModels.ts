import type { ModelInfo, Models } from "@akidb/base";
import type { Model as ModelMessage } from "@akidb/protocol/grpc";
import { name } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { nullsOf } from "../messageFields.ts";

export const grpcModels = (calls: GrpcCalls): Models => ({
  list: async (options) => {
    const request = () => ({});
    const { models } = await calls.send("embedding", "listModels", { request, repeatable: true, options });
    return models.map(modelOf);
  },

  get: async (nameOrId, options) => {
    const request = () => ({ model: name("model", nameOrId) });
    return modelOf(await calls.send("embedding", "getModel", { request, repeatable: true, options }));
  },

  switchTo: async (nameOrId, options) => {
    const request = () => ({ model: name("model", nameOrId) });
    return modelOf(await calls.send("embedding", "switchModel", { request, repeatable: true, options }));
  },
});

const modelOf = ({ modelId: id, ...model }: ModelMessage): ModelInfo => nullsOf<ModelInfo>({ id, ...model });
