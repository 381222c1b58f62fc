import type { ApiKeyInfo } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { apiKeyInfo } from "./apiKeyInfo.ts";
import { type ApiKeyReference, findApiKey, namedApiKey } from "./findApiKey.ts";

export const getApiKey = defineOperation<ApiKeyReference, ApiKeyInfo>({
  name: "getApiKey",
  permission: "key::manage",
  resource: namedApiKey,
  run: async (context, reference) => apiKeyInfo(await findApiKey(context, reference)),
});
