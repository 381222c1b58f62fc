import type { Policies } from "@akidb/base";
import { operations } from "../operations/operations.ts";
import type { Execute } from "./execute.ts";

export const policies = (execute: Execute): Policies => ({
  create: (input, options) => execute(operations.createPolicy, input, options),
  list: (page = {}, options) => execute(operations.listPolicies, page, options),
  get: (policy, options) => execute(operations.getPolicy, { policy }, options),
  update: (policy, change, options) => execute(operations.updatePolicy, { ...change, policy }, options),
  delete: (policy, options) => execute(operations.deletePolicy, { policy }, options),
  validate: (cedarText, options) => execute(operations.validatePolicy, { cedarText }, options),
  simulate: (input, options) => execute(operations.simulatePolicies, input, options),
  shipped: (options) => execute(operations.listShippedPolicies, {}, options),
});
