import type { OfTenant, Page, PageRequest, UserInfo } from "@akidb/base";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { inChosenTenant } from "../../access/inChosenTenant.ts";
import { defineOperation } from "../../operation.ts";
import { userInfo } from "./userInfo.ts";

export const listUsers = defineOperation<OfTenant & PageRequest, Page<UserInfo>>({
  name: "listUsers",
  permission: "user::read",
  resource: inChosenTenant,
  run: async (context, { tenant, ...page }) => {
    const tenantId = await chosenTenant(context, tenant);
    const { items, ...rest } = await context.catalog.users.list(tenantId, page);
    return { ...rest, items: items.map(userInfo) };
  },
});
