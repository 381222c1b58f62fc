import type { PolicyInfo } from "@akidb/base";
import {
  namedPolicy,
  type PolicyReference,
  policyInfo,
  policyResource,
} from "../../access/policies/namedPolicy.ts";
import { defineOperation } from "../../operation.ts";

export const getPolicy = defineOperation<PolicyReference, PolicyInfo>({
  name: "getPolicy",
  permission: "policy::manage",
  resource: policyResource,
  changesAccess: false,
  run: async (context, reference) => policyInfo(await namedPolicy(context, reference)),
});
