import { AkiDbError, formatTimestamp } from "@akidb/base";
import type { Role } from "@akidb/catalog";
import type { AuthorizationAnswer, CedarValueJson, Context } from "@cedar-policy/cedar-wasm/nodejs";
import type { Principal } from "../principal.ts";
import type { Action } from "./action.ts";
import type { CompiledSets } from "./compiledSets.ts";
import { principalEntity, resourceEntity, tenantEntity } from "./entities.ts";
import { ipAddress } from "./ipAddress.ts";
import { entityKey } from "./policyHead.ts";
import type { Resource } from "./resource.ts";
import { concerned, type TenantPolicies, type TenantPolicy } from "./tenantPolicies.ts";

export interface AuthorizationRequest {
  readonly principal: Principal;
  readonly action: Action;
  readonly resource: Resource;
  readonly nowMs: number;
  /** Null where nobody knows. */
  readonly ipAddress: string | null;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** The names of the policies that decided: those that permit, else those that forbid; none where nothing permits. */
  readonly policies: readonly string[];
}

export interface DecisionParts {
  readonly compiled: CompiledSets;
  readonly policies: TenantPolicies;
}

/**
 * Asks Cedar, for each role and group of policies, and brings the answers together as Cedar would: forbid wins. A policy that forbids, and fails to be evaluated, counts as if it forbade: Cedar would
 * leave it out.
 *
 * Rejects with `internal` where Cedar does not answer.
 */
export async function decide(parts: DecisionParts, request: AuthorizationRequest): Promise<Decision> {
  const names = new Set<string>();
  for (const role of request.principal.roles) {
    const { isAllowed, policies } = await decideForRole(parts, request, role);
    if (!isAllowed) return { isAllowed, policies };
    for (const name of policies) names.add(name);
  }
  return { isAllowed: true, policies: [...names] };
}

async function decideForRole(
  { compiled, policies }: DecisionParts,
  request: AuthorizationRequest,
  role: Role,
): Promise<Decision> {
  const { tenant } = policies;
  const principal = principalEntity(request.principal, role, tenant);
  const resource = resourceEntity(request.resource);
  const isSelf = entityKey(principal.uid) === entityKey(resource.uid);
  const call = {
    principal: principal.uid,
    action: { type: "Action", id: request.action },
    resource: resource.uid,
    context: contextOf(request),
    entities: [
      ...principal.entities,
      // Who acts on itself is told once, as the one who acts.
      ...(isSelf ? [] : resource.entities),
      tenantEntity(tenant),
    ],
  };
  const found: Opinion = { permits: [], forbids: [] };
  for (const group of concerned(policies.of(request.action), principal, resource)) {
    if (!compiled.has(group)) {
      compiled.compile(group);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { permits, forbids } = opinionOf(group, compiled.decide(group, call));
    found.permits.push(...permits);
    found.forbids.push(...forbids);
  }
  const isAllowed = found.forbids.length === 0 && found.permits.length > 0;
  return { isAllowed, policies: (isAllowed ? found.permits : found.forbids).toSorted() };
}

/** Names of the policies of one group that apply. */
interface Opinion {
  /** None where any forbids. */
  readonly permits: string[];
  readonly forbids: string[];
}

function opinionOf(group: readonly TenantPolicy[], answer: AuthorizationAnswer): Opinion {
  if (answer.type === "failure") {
    throw new AkiDbError("internal", "internal error", { cause: answer.errors });
  }
  const { decision, diagnostics } = answer.response;
  const failed = new Set(diagnostics.errors.map(({ policyId }) => policyId));
  const applying = new Set(diagnostics.reason);
  const namesOf = (some: (policy: TenantPolicy) => boolean): string[] =>
    group.filter(some).map(({ name }) => name);
  const failedForbids = namesOf(({ key, head }) => head.isForbid && failed.has(key));
  const reasons = namesOf(({ key }) => applying.has(key));
  return decision === "allow"
    ? { permits: reasons, forbids: failedForbids }
    : { permits: [], forbids: [...failedForbids, ...reasons] };
}

function contextOf(request: AuthorizationRequest): Context {
  const ip = request.ipAddress === null ? undefined : ipAddress(request.ipAddress);
  return {
    now: extension("datetime", formatTimestamp(request.nowMs)),
    ...(ip !== undefined && { ip: extension("ip", ip) }),
  };
}

const extension = (fn: string, arg: string): CedarValueJson => ({ __extn: { fn, arg } });
