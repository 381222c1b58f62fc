import type { SimulatedDecision, SimulationInput } from "@akidb/base";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { inChosenTenant } from "../../access/inChosenTenant.ts";
import { draftsOf } from "../../access/policies/draftsOf.ts";
import { simulatedRequest } from "../../access/policies/simulatedRequest.ts";
import { defineOperation } from "../../operation.ts";

export const simulatePolicies = defineOperation<SimulationInput, SimulatedDecision>({
  name: "simulatePolicies",
  permission: "policy::manage",
  resource: inChosenTenant,
  changesAccess: false,
  run: async (context, input) => {
    const { drafts, without } = draftsOf(input.policies ?? []);
    const tenantId = await chosenTenant(context, input.tenant);
    const request = await simulatedRequest(context, tenantId, input);
    const { isAllowed, policies } = await context.access.authorizer.simulate(request, drafts, without);
    return { decision: isAllowed ? "allowed" : "denied", policies };
  },
});
