import { type ModelInfo, notFound, parseId } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { visibleModels } from "../../models/visibleModels.ts";
import { defineOperation } from "../../operation.ts";

export interface ModelReference {
  /** Its name or id. */
  readonly model: string;
}

export const getModel = defineOperation<ModelReference, ModelInfo>({
  name: "getModel",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: async (context, { model: nameOrId }) => {
    const models = await visibleModels(context);
    const id = parseId<"model">(nameOrId);
    const found = models.find((model) => model.id === id || model.name === nameOrId);
    if (found === undefined) throw notFound(`model ${JSON.stringify(nameOrId)}`);
    return found;
  },
});
