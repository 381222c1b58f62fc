import { policySchema, shippedPolicies } from "@akidb/access";
import type { ShippedPolicies } from "@akidb/base";
import { defineOperation } from "../../operation.ts";

/** What roles may is no secret: everybody reads it in the documentation, too. */
export const listShippedPolicies = defineOperation<object, ShippedPolicies>({
  name: "listShippedPolicies",
  permission: "session",
  run: async () => ({ policies: shippedPolicies, schema: policySchema }),
});
