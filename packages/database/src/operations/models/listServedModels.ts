import { ownTenant } from "../../access/resources.ts";
import { embedOptions } from "../../embedOptions.ts";
import { defineOperation } from "../../operation.ts";

/** What texts can be embedded with. */
export interface ServedModel {
  readonly name: string;
  readonly dimension: number;
  /** Undefined where nobody tells. */
  readonly maxTokens: number | undefined;
}

/** What answers now, that of collections and requests that name none first. */
export const listServedModels = defineOperation<Record<never, never>, readonly ServedModel[]>({
  name: "listServedModels",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: async (context) => {
    const { embedding, defaultModel } = context;
    const first = defaultModel ?? embedding.modelNames[0];
    const others = embedding.modelNames.filter((name) => name !== first);
    const options = embedOptions(context);
    const models = [first, ...others].map((name) => embedding.model(name, undefined, options));
    return (await Promise.all(models)).map(({ name, dimension, maxTokens }) => ({
      name,
      dimension,
      maxTokens,
    }));
  },
});
