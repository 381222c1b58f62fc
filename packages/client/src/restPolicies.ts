import type { Policies, SimulatedDecision } from "@akidb/base";
import {
  createPolicyToWire,
  PolicyList,
  PolicyResource,
  policyChangeToWire,
  policyFromWire,
  policyListFromWire,
  policyValidationFromWire,
  ShippedPolicyList,
  SimulatePoliciesResponse,
  shippedPoliciesFromWire,
  simulationToWire,
  ValidatePolicyResponse,
} from "@akidb/protocol";
import { withQuery } from "./queryString.ts";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

const root = "/api/v1/policies";
const pathOf = (nameOrId: string): string => `${root}/${pathSegment("policy", nameOrId)}`;

export const restPolicies = (requests: RestRequests): Policies => ({
  create: async (input, options) => {
    const body = await requests.send({
      method: "POST",
      path: root,
      body: () => createPolicyToWire(input),
      repeatable: false,
      options,
    });
    return readAnswer(PolicyResource, policyFromWire, body);
  },

  list: async ({ limit, cursor, tenant } = {}, options) => {
    const path = withQuery(root, { limit, cursor, tenant });
    const body = await requests.send({ method: "GET", path, repeatable: true, options });
    return readAnswer(PolicyList, policyListFromWire, body);
  },

  get: async (nameOrId, options) => {
    const path = pathOf(nameOrId);
    const body = await requests.send({ method: "GET", path, repeatable: true, options });
    return readAnswer(PolicyResource, policyFromWire, body);
  },

  update: async (nameOrId, change, options) => {
    const body = await requests.send({
      method: "PATCH",
      path: pathOf(nameOrId),
      body: () => policyChangeToWire(change),
      repeatable: true,
      options,
    });
    return readAnswer(PolicyResource, policyFromWire, body);
  },

  delete: async (nameOrId, options) => {
    await requests.send({ method: "DELETE", path: pathOf(nameOrId), repeatable: false, options });
  },

  validate: async (cedarText, options) => {
    const body = await requests.send({
      method: "POST",
      path: `${root}/validate`,
      body: () => ({ cedar_text: cedarText }),
      repeatable: true,
      options,
    });
    return readAnswer(ValidatePolicyResponse, policyValidationFromWire, body);
  },

  simulate: async (input, options) => {
    const body = await requests.send({
      method: "POST",
      path: `${root}/simulate`,
      body: () => simulationToWire(input),
      repeatable: true,
      options,
    });
    return readAnswer(SimulatePoliciesResponse, (decision: SimulatedDecision) => decision, body);
  },

  shipped: async (options) => {
    const body = await requests.send({ method: "GET", path: `${root}/shipped`, repeatable: true, options });
    return readAnswer(ShippedPolicyList, shippedPoliciesFromWire, body);
  },
});
