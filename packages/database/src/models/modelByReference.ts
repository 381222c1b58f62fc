import { type ModelInfo, notFound, parseId, unavailable } from "@akidb/base";
import type { EmbeddingModel } from "@akidb/embedding";
import { embedOptions } from "../embedOptions.ts";
import type { OperationContext } from "../operation.ts";
import { visibleModels } from "./visibleModels.ts";

/**
 * Of those that the caller can see; of several with the name, that which comes first. Rejects with `not_found`, and
 * with `unavailable` where the server has it and it never answered.
 */
export async function modelInfoOf(context: OperationContext, nameOrId: string): Promise<ModelInfo> {
  const models = await visibleModels(context);
  const id = parseId<"model">(nameOrId);
  const found = models.find((model) => model.id === id || model.name === nameOrId);
  if (found !== undefined) return found;
  const name = JSON.stringify(nameOrId);
  throw context.embedding.find(nameOrId) === undefined
    ? notFound(`model ${name}`)
    : unavailable(`model ${name} has not answered yet`);
}

/**
 * The model itself, to embed with: its fingerprint is the one that was listed by this name or id. Rejects as {@link modelInfoOf}, with
 * `failed_precondition` where the server has not got it (any more), and with `unavailable` where it cannot be asked.
 */
export async function modelByReference(context: OperationContext, nameOrId: string): Promise<EmbeddingModel> {
  const info = await modelInfoOf(context, nameOrId);
  return await context.embedding.pinned(info, embedOptions(context));
}
