import { defineOperation } from "../../operation.ts";
import { isAdminKey, requireAdminLeft } from "../users/requireAdminLeft.ts";
import { type ApiKeyReference, findApiKey, namedApiKey } from "./findApiKey.ts";

export const deleteApiKey = defineOperation<ApiKeyReference, void>({
  name: "deleteApiKey",
  permission: "key::manage",
  resource: namedApiKey,
  run: async (context, reference) => {
    const key = await findApiKey(context, reference);
    await context.catalog.transaction(async (repositories) => {
      await repositories.apiKeys.delete(key.id);
      if (isAdminKey(key, context)) await requireAdminLeft(context, repositories, key.tenantId);
    });
  },
});
