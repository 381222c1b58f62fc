import { type CreatePolicyInput, limits, type PolicyInfo, quotaExceeded } from "@akidb/base";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { inChosenTenant } from "../../access/inChosenTenant.ts";
import { policyInfo } from "../../access/policies/namedPolicy.ts";
import { refuseLockout } from "../../access/policies/refuseLockout.ts";
import { requireSoundPolicy } from "../../access/policies/requireSoundPolicy.ts";
import { defineOperation } from "../../operation.ts";

export const createPolicy = defineOperation<CreatePolicyInput, PolicyInfo>({
  name: "createPolicy",
  permission: "policy::manage",
  resource: inChosenTenant,
  subject: ({ name }) => ({ type: "policy", id: name }),
  run: async (context, { name, cedarText, enabled = true, tenant, confirmLockout = false }) => {
    const policy = { name, cedarText, enabled };
    requireSoundPolicy(policy);
    const tenantId = await chosenTenant(context, tenant);
    if (!confirmLockout) await refuseLockout(context, { tenantId, draft: enabled ? policy : undefined });
    const record = await context.catalog.transaction(async ({ policies }) => {
      if ((await policies.count(tenantId)) >= limits.tenantPoliciesMax) {
        throw quotaExceeded(`a tenant has at most ${limits.tenantPoliciesMax} policies; delete one first`);
      }
      return await policies.create(tenantId, policy);
    });
    return policyInfo(record);
  },
});
