import { createPolicy } from "./createPolicy.ts";
import { deletePolicy } from "./deletePolicy.ts";
import { getPolicy } from "./getPolicy.ts";
import { listPolicies } from "./listPolicies.ts";
import { listShippedPolicies } from "./listShippedPolicies.ts";
import { simulatePolicies } from "./simulatePolicies.ts";
import { updatePolicy } from "./updatePolicy.ts";
import { validatePolicy } from "./validatePolicy.ts";

export const policyOperations = {
  createPolicy,
  listPolicies,
  getPolicy,
  updatePolicy,
  deletePolicy,
  validatePolicy,
  simulatePolicies,
  listShippedPolicies,
} as const;
