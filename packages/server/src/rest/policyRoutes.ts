import { operations } from "@akidb/database";
import {
  CreatePolicyBody,
  createPolicyFromWire,
  PolicyList,
  PolicyPageQuery,
  PolicyPath,
  PolicyResource,
  policyChangeFromWire,
  policyListToWire,
  policyToWire,
  policyValidationToWire,
  ShippedPolicyList,
  SimulatePoliciesBody,
  SimulatePoliciesResponse,
  shippedPoliciesToWire,
  simulatedDecisionToWire,
  simulationFromWire,
  UpdatePolicyBody,
  ValidatePolicyBody,
  ValidatePolicyResponse,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Policies";
const url = "/api/v1/policies";

export function addPolicyRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "createPolicy",
    tag,
    summary: "Create a policy",
    description:
      "It counts from the next request on. One by which the caller could manage policies no longer is refused, unless " +
      "`confirm_lockout` says that this is meant.",
    operation: operations.createPolicy,
    body: CreatePolicyBody,
    status: 201,
    response: PolicyResource,
    input: ({ body }) => createPolicyFromWire(body),
    output: policyToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listPolicies",
    tag,
    summary: "List the policies of a tenant",
    operation: operations.listPolicies,
    querystring: PolicyPageQuery,
    status: 200,
    response: PolicyList,
    input: ({ query }) => query,
    output: policyListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/shipped`,
    operationId: "listShippedPolicies",
    tag,
    summary: "List the policies of the product, and the schema",
    description: "What the roles may, and what no policy of a tenant can permit. Nobody changes them.",
    operation: operations.listShippedPolicies,
    status: 200,
    response: ShippedPolicyList,
    input: () => ({}),
    output: shippedPoliciesToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/validate`,
    operationId: "validatePolicy",
    tag,
    summary: "Check a policy against the schema",
    description: "That a text is no policy is an answer, not an error.",
    operation: operations.validatePolicy,
    body: ValidatePolicyBody,
    status: 200,
    response: ValidatePolicyResponse,
    input: ({ body }) => ({ cedarText: body.cedar_text }),
    output: policyValidationToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/simulate`,
    operationId: "simulatePolicies",
    tag,
    summary: "What would be decided, and by which policies",
    operation: operations.simulatePolicies,
    body: SimulatePoliciesBody,
    status: 200,
    response: SimulatePoliciesResponse,
    input: ({ body }) => simulationFromWire(body),
    output: simulatedDecisionToWire,
  });
  addOnePolicyRoutes(app, context);
}

function addOnePolicyRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:policy`,
    operationId: "getPolicy",
    tag,
    summary: "Get a policy",
    operation: operations.getPolicy,
    params: PolicyPath,
    status: 200,
    response: PolicyResource,
    input: ({ params }) => params,
    output: policyToWire,
  });
  operationRoute(app, context, {
    method: "PATCH",
    url: `${url}/:policy`,
    operationId: "updatePolicy",
    tag,
    summary: "Change, enable or disable a policy",
    operation: operations.updatePolicy,
    params: PolicyPath,
    body: UpdatePolicyBody,
    status: 200,
    response: PolicyResource,
    input: ({ params, body }) => ({ ...params, ...policyChangeFromWire(body) }),
    output: policyToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: `${url}/:policy`,
    operationId: "deletePolicy",
    tag,
    summary: "Delete a policy",
    operation: operations.deletePolicy,
    params: PolicyPath,
    status: 204,
    input: ({ params }) => params,
    output: () => undefined,
  });
}
