import type { Page, PolicyInfo, PolicyPageRequest } from "@akidb/base";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { inChosenTenant } from "../../access/inChosenTenant.ts";
import { policyInfo } from "../../access/policies/namedPolicy.ts";
import { defineOperation } from "../../operation.ts";

export const listPolicies = defineOperation<PolicyPageRequest, Page<PolicyInfo>>({
  name: "listPolicies",
  permission: "policy::manage",
  resource: inChosenTenant,
  changesAccess: false,
  run: async (context, { tenant, ...page }) => {
    const { items, ...rest } = await context.catalog.policies.list(await chosenTenant(context, tenant), page);
    return { ...rest, items: items.map(policyInfo) };
  },
});
