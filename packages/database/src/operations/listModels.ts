import { ownTenant } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";

/** What texts can be embedded with. */
export interface ModelInfo {
  readonly name: string;
  readonly dimension: number;
}

/** The models, that of collections and requests that name none first. */
export const listModels = defineOperation<Record<never, never>, readonly ModelInfo[]>({
  name: "listModels",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: async ({ embedding, defaultModel }) => {
    const first = embedding.model(defaultModel).name;
    const others = embedding.modelNames.filter((name) => name !== first);
    return [first, ...others].map((name) => ({ name, dimension: embedding.model(name).dimension }));
  },
});
