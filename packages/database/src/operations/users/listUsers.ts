import type { OfTenant, Page, PageRequest, UserInfo } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { chosenTenant, chosenTenantId } from "../../tenancy/chosenTenant.ts";
import { userInfo } from "./userInfo.ts";

export const listUsers = defineOperation<OfTenant & PageRequest, Page<UserInfo>>({
  name: "listUsers",
  permission: "user::read",
  resource: chosenTenant,
  run: async (context, { tenant, ...page }) => {
    const tenantId = await chosenTenantId(context, tenant);
    const { items, ...rest } = await context.catalog.users.list(tenantId, page);
    return { ...rest, items: items.map(userInfo) };
  },
});
