import type { PolicyChange, PolicyInfo } from "@akidb/base";
import {
  namedPolicy,
  type PolicyReference,
  policyInfo,
  policyResource,
} from "../../access/policies/namedPolicy.ts";
import { refuseLockout } from "../../access/policies/refuseLockout.ts";
import { requireSoundPolicy } from "../../access/policies/requireSoundPolicy.ts";
import { defineOperation } from "../../operation.ts";

export const updatePolicy = defineOperation<PolicyReference & PolicyChange, PolicyInfo>({
  name: "updatePolicy",
  permission: "policy::manage",
  resource: policyResource,
  run: async (context, { policy, confirmLockout = false, ...change }) => {
    const current = await namedPolicy(context, { policy });
    const { name = current.name, cedarText = current.cedarText, enabled = current.enabled } = change;
    const changed = { name, cedarText, enabled };
    requireSoundPolicy(changed);
    if (!confirmLockout) {
      const draft = enabled ? changed : undefined;
      await refuseLockout(context, { tenantId: current.tenantId, draft, before: current.name });
    }
    return policyInfo(await context.catalog.policies.update(current.id, changed));
  },
});
