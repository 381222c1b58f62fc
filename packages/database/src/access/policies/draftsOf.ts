import type { PolicyText } from "@akidb/access";
import { type DraftPolicy, invalidArgument, limits } from "@akidb/base";
import { requireSoundPolicy } from "./requireSoundPolicy.ts";

export interface Drafts {
  readonly drafts: readonly PolicyText[];
  /** Names of policies that would decide nothing. */
  readonly without: readonly string[];
}

/** @throws AkiDbError `invalid_argument` */
export function draftsOf(policies: readonly DraftPolicy[]): Drafts {
  if (policies.length > limits.draftPoliciesMax) {
    throw invalidArgument("policies", `must be at most ${limits.draftPoliciesMax}`);
  }
  const seen = new Set<string>();
  for (const [at, policy] of policies.entries()) {
    if (seen.has(policy.name)) throw invalidArgument(`policies[${at}].name`, "is there twice");
    seen.add(policy.name);
    requireSoundPolicy(policy, `policies[${at}].`);
  }
  return {
    drafts: policies.filter(({ enabled }) => enabled !== false),
    without: policies.filter(({ enabled }) => enabled === false).map(({ name }) => name),
  };
}
