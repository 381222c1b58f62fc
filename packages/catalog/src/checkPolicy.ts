import { catalogLimits as max } from "./catalogLimits.ts";
import { checkLine, checkText, refuseBadFields } from "./fieldCheck.ts";
import type { PolicyAttributes } from "./policy.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkPolicy(policy: PolicyAttributes): void {
  refuseBadFields([
    checkLine("name", policy.name, max.policyNameCharactersMax),
    policy.cedarText === ""
      ? { path: "cedar_text", detail: "must not be empty" }
      : checkText("cedar_text", policy.cedarText, max.policyTextCharactersMax),
    typeof policy.enabled === "boolean" ? undefined : { path: "enabled", detail: "must be true or false" },
  ]);
}
