import {
  type CreatePolicyInput,
  invalidArgument,
  type PolicyChange,
  type PolicyInfo,
  type PolicyPageRequest,
  type PolicyValidation,
  type SimulatedPrincipal,
  type SimulatedResource,
  type SimulationInput,
} from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type {
  Policy,
  PolicyServiceDefinition,
  SimulatedPrincipal as PrincipalMessage,
  SimulatePoliciesRequest,
} from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";

export const policyService: ServiceHandles<typeof PolicyServiceDefinition> = {
  createPolicy: async (request, session) => {
    const input = definedFields<CreatePolicyInput>(request);
    return policyMessage(await runOperation(operations.createPolicy, input, session));
  },
  listPolicies: async (request, session) => {
    const input = definedFields<PolicyPageRequest>(request);
    const { items, nextCursor } = await runOperation(operations.listPolicies, input, session);
    return { policies: items.map(policyMessage), nextCursor };
  },
  getPolicy: async (reference, session) =>
    policyMessage(await runOperation(operations.getPolicy, reference, session)),
  updatePolicy: async ({ policy, ...request }, session) => {
    const input = { policy, ...definedFields<PolicyChange>(request) };
    return policyMessage(await runOperation(operations.updatePolicy, input, session));
  },
  deletePolicy: async (reference, session) => {
    await runOperation(operations.deletePolicy, reference, session);
    return {};
  },
  validatePolicy: async (input, session) => {
    const { valid, errors, warnings } = await runOperation(operations.validatePolicy, input, session);
    return { valid, errors: errors.map(findingMessage), warnings: warnings.map(findingMessage) };
  },
  simulatePolicies: async (request, session) => {
    const input = simulationOf(request);
    const { decision, policies } = await runOperation(operations.simulatePolicies, input, session);
    return { decision, policies: [...policies] };
  },
  listShippedPolicies: async (_request, session) => {
    const { policies, schema } = await runOperation(operations.listShippedPolicies, {}, session);
    return { policies: [...policies], schema };
  },
};

const policyMessage = ({ id, ...info }: PolicyInfo): Policy => ({ ...info, policyId: id });

const findingMessage = (finding: PolicyValidation["errors"][number]) => nullsAbsent(finding);

function simulationOf({
  principal,
  resource,
  policies,
  ...request
}: SimulatePoliciesRequest): SimulationInput {
  if (resource === undefined) throw invalidArgument("resource", "is missing");
  return definedFields<SimulationInput>({
    ...request,
    principal: principal && principalOf(principal),
    resource: definedFields<SimulatedResource>(resource),
    policies: policies.map((draft) => definedFields<NonNullable<SimulationInput["policies"]>[number]>(draft)),
  });
}

function principalOf({ principal }: PrincipalMessage): SimulatedPrincipal {
  switch (principal?.$case) {
    case "user":
      return { user: principal.value };
    case "apiKey":
      return { apiKey: principal.value };
    case "role":
      return definedFields<{ readonly role: string; readonly email?: string }>(principal.value);
    case undefined:
      throw invalidArgument("principal", "must be a user, an api_key or a role");
  }
}
