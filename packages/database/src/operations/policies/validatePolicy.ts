import { checkPolicyText, type PolicyFault } from "@akidb/access";
import type { PolicyFinding, PolicyValidation } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export interface ValidatePolicyInput {
  readonly cedarText: string;
}

export const validatePolicy = defineOperation<ValidatePolicyInput, PolicyValidation>({
  name: "validatePolicy",
  permission: "policy::manage",
  resource: ownTenant,
  changesAccess: false,
  run: async (_, { cedarText }) => {
    const { violations, warnings } = checkPolicyText("cedar_text", cedarText);
    return {
      valid: violations.length === 0,
      errors: violations.map(toFinding),
      warnings: warnings.map(toFinding),
    };
  },
});

const toFinding = ({ path, detail, place }: PolicyFault): PolicyFinding => ({
  path,
  detail,
  line: place?.line ?? null,
  column: place?.column ?? null,
});
