import type { ApiKeyInfo } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { isAdminKey, requireAdminLeft } from "../users/requireAdminLeft.ts";
import { apiKeyInfo } from "./apiKeyInfo.ts";
import { type ApiKeyReference, findApiKey, namedApiKey } from "./findApiKey.ts";

export const revokeApiKey = defineOperation<ApiKeyReference, ApiKeyInfo>({
  name: "revokeApiKey",
  permission: "key::manage",
  resource: namedApiKey,
  run: async (context, reference) => {
    const key = await findApiKey(context, reference);
    const revoked = await context.catalog.transaction(async (repositories) => {
      const after = await repositories.apiKeys.revoke(key.id);
      if (isAdminKey(key, context)) await requireAdminLeft(context, repositories, key.tenantId);
      return after;
    });
    return apiKeyInfo(revoked);
  },
});
