import type { PolicyText } from "@akidb/access";
import { failedPrecondition, type TenantId } from "@akidb/base";
import type { OperationContext } from "../../operation.ts";
import { ownProcess } from "../caller.ts";

/** How the policies of a tenant would be. */
export interface PolicyPlan {
  readonly tenantId: TenantId;
  /** Undefined for one that would decide nothing. */
  readonly draft: PolicyText | undefined;
  /** The name that it has now. */
  readonly before?: string;
}

/**
 * Keeps callers from locking themselves out by mistake: whoever changes a policy can still manage policies afterwards.
 *
 * Rejects with `failed_precondition`.
 */
export async function refuseLockout(context: OperationContext, plan: PolicyPlan): Promise<void> {
  const { call, principal, access, clock } = context;
  const { tenantId, draft, before } = plan;
  // Nobody's own policies bind the owner of the process, and no tenant's whoever runs the server.
  if (call.caller === ownProcess || principal.tenantId !== tenantId) return;
  const { isAllowed, policies } = await access.authorizer.simulate(
    {
      principal,
      action: "policy::manage",
      resource: { type: "tenant", id: tenantId },
      nowMs: clock.nowMs(),
      ipAddress: call.caller.ipAddress,
    },
    draft === undefined ? [] : [draft],
    before === undefined ? [] : [before],
  );
  if (isAllowed) return;
  const why = policies.length === 0 ? "nothing would permit it" : `forbidden by ${policies.join(", ")}`;
  throw failedPrecondition(
    `with this policy you could manage policies no longer (${why}), nor take it back; confirm_lockout does it all the same`,
  );
}
