import { deadlineAfter, unavailable } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { embedOptions } from "../../embedOptions.ts";
import { modelAnswerMsMax, unloadedModels } from "../../models/visibleModels.ts";
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
    const { embedding, call, clock } = context;
    using wait = deadlineAfter(clock, modelAnswerMsMax, call.deadline.signal);
    const options = embedOptions(context, wait.signal);
    const answering = await embedding.answering(options);
    call.deadline.check();
    if (answering.length === 0 && wait.signal.aborted) {
      throw unavailable(`the embedding model ${JSON.stringify(embedding.default.name)} does not answer`);
    }
    // Where none does, the default one says why.
    const models = answering.length > 0 ? answering : [await embedding.model(undefined, undefined, options)];
    const unloaded = (await unloadedModels(context)).map(({ name, dimension, maxTokens }) => ({
      ...{ name, dimension },
      maxTokens: maxTokens ?? undefined,
    }));
    return [...models.map(({ name, dimension, maxTokens }) => ({ name, dimension, maxTokens })), ...unloaded];
  },
});
