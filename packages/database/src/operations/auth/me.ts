import { userIdOf } from "@akidb/access";
import type { CallerInfo } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { apiKeyInfo } from "../apiKeys/apiKeyInfo.ts";
import { userInfo } from "../users/userInfo.ts";

export const me = defineOperation<Record<never, never>, CallerInfo>({
  name: "me",
  permission: "session",
  run: async ({ principal, catalog }) => {
    const { kind, tenantId, roles } = principal;
    const userId = userIdOf(principal);
    return {
      kind,
      tenantId,
      roles,
      user: userId === null ? null : userInfo(await catalog.users.get(userId)),
      apiKey: kind === "api_key" ? apiKeyInfo(await catalog.apiKeys.get(principal.apiKeyId)) : null,
    };
  },
});
