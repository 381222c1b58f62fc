import { failedPrecondition, type ModelInfo } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { embedOptions } from "../../embedOptions.ts";
import { modelInfoOf } from "../../models/modelByReference.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";
import type { ModelReference } from "./getModel.ts";

export const switchModel = defineOperation<ModelReference, ModelInfo>({
  name: "switchModel",
  permission: "server::admin",
  resource: theServer,
  subject: ({ model }) => ({ type: "model", id: String(model) }),
  run: async (context, { model: nameOrId }) => {
    const name = await servedName(context, nameOrId);
    await context.embedding.switchTo(name, embedOptions(context));
    return await modelInfoOf(context, name);
  },
});

/** One that still loads is not listed yet, and is waited for by its name. */
async function servedName(context: OperationContext, nameOrId: string): Promise<string> {
  const { embedding } = context;
  const served = embedding.find(nameOrId);
  if (served !== undefined) return served.name;
  const { name, fingerprint } = await modelInfoOf(context, nameOrId);
  const own = await embedding.find(name)?.model(undefined, undefined, embedOptions(context));
  if (own?.fingerprint === fingerprint) return name;
  throw failedPrecondition(
    `the server is not configured with the model ${JSON.stringify(name)} of the fingerprint ${fingerprint}; configure it as ` +
      "[embedding.next], restart the server, and switch to it then",
  );
}
