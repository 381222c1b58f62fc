import type { Models } from "@akidb/base";
import { ModelList, ModelResource, modelFromWire, modelListFromWire } from "@akidb/protocol";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

const modelsPath = "/api/v1/models";

export const restModels = (requests: RestRequests): Models => ({
  list: async (options) => {
    const body = await requests.send({ method: "GET", path: modelsPath, repeatable: true, options });
    return readAnswer(ModelList, modelListFromWire, body);
  },

  get: async (nameOrId, options) => {
    const path = `${modelsPath}/${pathSegment("model", nameOrId)}`;
    const body = await requests.send({ method: "GET", path, repeatable: true, options });
    return readAnswer(ModelResource, modelFromWire, body);
  },

  switchTo: async (nameOrId, options) => {
    const path = `${modelsPath}/${pathSegment("model", nameOrId)}/switch`;
    const body = await requests.send({ method: "POST", path, repeatable: true, options });
    return readAnswer(ModelResource, modelFromWire, body);
  },
});
