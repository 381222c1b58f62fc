import { userIdOf } from "@akidb/access";
import type { ApiKeyInfo, ListApiKeysInput, Page, TenantId, UserId } from "@akidb/base";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";
import { findUser } from "../users/findUser.ts";
import { apiKeyInfo } from "./apiKeyInfo.ts";
import { keysOf } from "./keysOf.ts";

export const listApiKeys = defineOperation<ListApiKeysInput, Page<ApiKeyInfo>>({
  name: "listApiKeys",
  permission: "key::manage",
  resource: async (context, input) => {
    const { tenantId, userId } = await listed(context, input);
    return keysOf(tenantId, userId);
  },
  run: async (context, input) => {
    const { tenantId, userId } = await listed(context, input);
    const { limit, cursor } = input;
    const { items, ...rest } = await context.catalog.apiKeys.list(tenantId, {
      ...(userId !== null && { userId }),
      ...(limit !== undefined && { limit }),
      ...(cursor !== undefined && { cursor }),
    });
    return { ...rest, items: items.map(apiKeyInfo) };
  },
});

/** Whose keys; null for all of the tenant. */
async function listed(
  context: OperationContext,
  { tenant, user }: ListApiKeysInput,
): Promise<{ readonly tenantId: TenantId; readonly userId: UserId | null }> {
  const { principal } = context;
  if (user !== undefined) {
    const found = await findUser(context, { user, ...(tenant !== undefined && { tenant }) });
    return { tenantId: found.tenantId, userId: found.id };
  }
  const isAdmin = principal.roles.every((role) => role === "admin");
  const tenantId = await chosenTenant(context, tenant);
  return { tenantId, userId: isAdmin ? null : userIdOf(principal) };
}
