import {
  type DraftPolicy,
  invalidArgument,
  type Page,
  type Policies,
  type PolicyFinding,
  type PolicyInfo,
  type SimulatedDecision,
  type SimulatedPrincipal,
  type SimulationInput,
} from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type {
  PolicyFinding as FindingMessage,
  Policy,
  SimulatedPrincipal as PrincipalMessage,
  SimulatePoliciesRequest,
} from "@akidb/protocol/grpc";
import { flag, list, name, object, text, whole32 } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { fieldsOf, nullsOf } from "../messageFields.ts";

export const grpcPolicies = (calls: GrpcCalls): Policies => ({
  create: async (input, options) => {
    const policy = await calls.send("policies", "createPolicy", {
      request: () => ({
        ...fieldsOf(input, { name: text, cedarText: text, enabled: flag, tenant: text }),
        confirmLockout: flag("confirm_lockout", input.confirmLockout) ?? false,
      }),
      repeatable: false,
      options,
    });
    return policyOf(policy);
  },

  list: async (page = {}, options) => {
    const { policies, nextCursor } = await calls.send("policies", "listPolicies", {
      request: () => fieldsOf(page, { limit: whole32, cursor: text, tenant: text }),
      repeatable: true,
      options,
    });
    return definedFields<Page<PolicyInfo>>({ items: policies.map(policyOf), nextCursor });
  },

  get: async (nameOrId, options) => {
    const request = () => ({ policy: name("policy", nameOrId) });
    return policyOf(await calls.send("policies", "getPolicy", { request, repeatable: true, options }));
  },

  update: async (nameOrId, change, options) => {
    const policy = await calls.send("policies", "updatePolicy", {
      request: () => ({
        ...fieldsOf(change, { name: text, cedarText: text, enabled: flag }),
        policy: name("policy", nameOrId),
        confirmLockout: flag("confirm_lockout", change.confirmLockout) ?? false,
      }),
      repeatable: true,
      options,
    });
    return policyOf(policy);
  },

  delete: async (nameOrId, options) => {
    const request = () => ({ policy: name("policy", nameOrId) });
    await calls.send("policies", "deletePolicy", { request, repeatable: false, options });
  },

  validate: async (cedarText, options) => {
    const { valid, errors, warnings } = await calls.send("policies", "validatePolicy", {
      request: () => ({ cedarText: text("cedar_text", cedarText) }),
      repeatable: true,
      options,
    });
    return { valid, errors: errors.map(findingOf), warnings: warnings.map(findingOf) };
  },

  simulate: async (input, options) => {
    const { decision, policies } = await calls.send("policies", "simulatePolicies", {
      request: () => simulationMessage(input),
      repeatable: true,
      options,
    });
    return { decision: decision as SimulatedDecision["decision"], policies };
  },

  shipped: async (options) =>
    await calls.send("policies", "listShippedPolicies", { request: () => ({}), repeatable: true, options }),
});

const policyOf = ({ policyId: id, ...policy }: Policy): PolicyInfo => ({ id, ...policy });

const findingOf = (finding: FindingMessage): PolicyFinding => nullsOf<PolicyFinding>(finding);

const simulationMessage = (input: SimulationInput): SimulatePoliciesRequest => ({
  ...fieldsOf(input, { action: text, ipAddress: text, time: text, tenant: text }),
  principal: input.principal && principalMessage(input.principal),
  resource: fieldsOf(object("resource", input.resource), {
    type: text,
    id: text,
    name: text,
    database: text,
  }),
  policies: list<DraftPolicy>("policies", input.policies ?? []).map((draft) =>
    fieldsOf(draft, { name: text, cedarText: text, enabled: flag }),
  ),
});

function principalMessage(principal: SimulatedPrincipal): PrincipalMessage {
  const given = ["user", "apiKey", "role"].filter((kind) => kind in principal);
  if (given.length !== 1) throw invalidArgument("principal", "must be exactly one of user, api_key and role");
  if ("user" in principal) {
    return { principal: { $case: "user", value: text("principal.user", principal.user) } };
  }
  if ("apiKey" in principal) {
    return { principal: { $case: "apiKey", value: text("principal.api_key", principal.apiKey) } };
  }
  const { role, email } = principal;
  return {
    principal: {
      $case: "role",
      value: { role: text("principal.role", role), email: text("principal.email", email) },
    },
  };
}
