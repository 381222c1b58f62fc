import { type Action, type AuthorizationRequest, actions, ipAddress, type Principal } from "@akidb/access";
import { invalidArgument, type SimulationInput, type TenantId } from "@akidb/base";
import type { OperationContext } from "../../operation.ts";
import { timeWithZone } from "../../timeWithZone.ts";
import { simulatedPrincipal } from "./simulatedPrincipal.ts";
import { simulatedResource } from "./simulatedResource.ts";

/** Rejects with `invalid_argument`, and with `not_found` for what is not there in the tenant. */
export async function simulatedRequest(
  context: OperationContext,
  tenantId: TenantId,
  input: SimulationInput,
): Promise<AuthorizationRequest> {
  return {
    principal: await principalOf(context, tenantId, input),
    action: actionNamed(input.action),
    resource: await simulatedResource(context, tenantId, input.resource),
    nowMs: input.time === undefined ? context.clock.nowMs() : timeWithZone("time", input.time),
    ipAddress: input.ipAddress === undefined ? null : addressOf(input.ipAddress),
  };
}

async function principalOf(
  context: OperationContext,
  tenantId: TenantId,
  { principal }: SimulationInput,
): Promise<Principal> {
  if (principal !== undefined) return await simulatedPrincipal(context.catalog, tenantId, principal);
  if (context.principal.tenantId === tenantId) return context.principal;
  throw invalidArgument("principal", "is needed for another tenant, whose policies do not bind you");
}

function actionNamed(name: string): Action {
  const action = actions.find((each) => each === name);
  if (action === undefined) throw invalidArgument("action", `must be one of ${actions.join(", ")}`);
  return action;
}

function addressOf(text: string): string {
  const address = ipAddress(text);
  if (address === undefined) throw invalidArgument("ip_address", "must be an IPv4 or IPv6 address");
  return address;
}
