import { namedPolicy, type PolicyReference, policyResource } from "../../access/policies/namedPolicy.ts";
import { defineOperation } from "../../operation.ts";

export const deletePolicy = defineOperation<PolicyReference, void>({
  name: "deletePolicy",
  permission: "policy::manage",
  resource: policyResource,
  run: async (context, reference) => {
    const { id } = await namedPolicy(context, reference);
    await context.catalog.policies.delete(id);
  },
});
