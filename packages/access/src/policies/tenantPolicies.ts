import { AkiDbError } from "@akidb/base";
import type { TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import { type Action, actions } from "./action.ts";
import { withCedar } from "./cedar.ts";
import { type EntityFacts, isRefuted } from "./conditionHead.ts";
import type { PlacedEntity, TenantFacts } from "./entities.ts";
import { type ContextUse, type EntityHead, entityKey, type PolicyHead, policyHead } from "./policyHead.ts";
import { shippedPolicies } from "./shippedPolicies.ts";

export interface PolicyText {
  /** As a decision names it: unique in the tenant. */
  readonly name: string;
  readonly cedarText: string;
}

export interface TenantPolicy extends PolicyText {
  /** A number of its own, for as long as the process runs: a tenant may call a policy like one of the product's. */
  readonly key: string;
  readonly head: PolicyHead;
}

/** Those that may concern an action, whoever does it to whatever. */
export interface ActionPolicies {
  readonly policies: readonly TenantPolicy[];
  readonly context: ContextUse;
}

/** The product's policies and the enabled ones of one tenant, by action. */
export class TenantPolicies {
  readonly tenant: TenantFacts;
  /** Those of the tenant. */
  readonly own: readonly TenantPolicy[];
  readonly #byAction: ReadonlyMap<Action, ActionPolicies>;

  constructor(tenant: TenantFacts, policies: readonly TenantPolicy[]) {
    this.tenant = tenant;
    this.own = policies;
    const all = [...shipped(), ...policies];
    this.#byAction = new Map(actions.map((action) => [action, ofAction(all, action)]));
  }

  of(action: Action): ActionPolicies {
    return this.#byAction.get(action)!;
  }
}

function ofAction(all: readonly TenantPolicy[], action: Action): ActionPolicies {
  const policies = all.filter(({ head }) => head.actions === undefined || head.actions.has(action));
  const context = {
    now: policies.some(({ head }) => head.context.now),
    ip: policies.some(({ head }) => head.context.ip),
  };
  return { policies, context };
}

/**
 * The policies whose brackets fit, and whose conditions are not surely false, just as Cedar would find them, so that the rest
 * is few. They come in groups that Cedar can be asked one by one: those for everybody and everything are the same for most
 * requests, those for this principal, this resource or its name are few, and so there is little to compile for somebody new.
 */
export function concerned(
  { policies }: ActionPolicies,
  principal: PlacedEntity,
  resource: PlacedEntity,
): readonly (readonly TenantPolicy[])[] {
  const [principalKeys, resourceKeys] = [keysOf(principal.within), keysOf(resource.within)];
  const general: TenantPolicy[] = [];
  const ofPrincipal: TenantPolicy[] = [];
  const ofResource: TenantPolicy[] = [];
  const ofText: TenantPolicy[] = [];
  const facts = { principal: factsOf(principal), resource: resourceFacts(principal, resource) };
  for (const policy of policies) {
    const { head } = policy;
    if (!fits(head.principal, principal, principalKeys) || !fits(head.resource, resource, resourceKeys))
      continue;
    if (isRefuted(head.condition, facts)) continue;
    if (head.principal.within?.key === principalKeys[0]) ofPrincipal.push(policy);
    else if (head.resource.within !== undefined) ofResource.push(policy);
    else if (head.condition.isSelective) ofText.push(policy);
    else general.push(policy);
  }
  const groups = [
    ...groupsOf(general, groupPolicies),
    ofPrincipal,
    ofResource,
    ...groupsOf(ofText, textPolicies),
  ];
  return groups.filter((group) => group.length > 0);
}

/**
 * Compiled in one go: some 50 ms of the thread. Each group costs a decision some 0.2 ms beside its policies, so they are not
 * smaller.
 */
const groupPolicies = 512;

/** Of those that ask for a name or another text, of which each request has others: less is compiled when one differs. */
const textPolicies = 64;

/** Whoever comes or goes changes one group, whatever the order. */
function groupsOf(policies: readonly TenantPolicy[], size: number): readonly (readonly TenantPolicy[])[] {
  if (policies.length <= size) return [policies];
  const count = 2 ** Math.ceil(Math.log2(policies.length / size));
  const groups = Array.from({ length: count }, (): TenantPolicy[] => []);
  for (const policy of policies) groups[Number(policy.key) % count]!.push(policy);
  return groups;
}

function factsOf({ uid, entities }: PlacedEntity): EntityFacts {
  return { type: uid.type, attrs: entities[0]?.attrs };
}

/** Who acts on itself is known to Cedar as the one who acts. */
function resourceFacts(principal: PlacedEntity, resource: PlacedEntity): EntityFacts {
  const isSelf = entityKey(principal.uid) === entityKey(resource.uid);
  return factsOf(isSelf ? principal : resource);
}

const keysOf = (uids: readonly TypeAndId[]): readonly string[] => uids.map(entityKey);

function fits({ type, within }: EntityHead, { uid }: PlacedEntity, keys: readonly string[]): boolean {
  if (type !== undefined && type !== uid.type) return false;
  if (within === undefined) return true;
  return within.isExact ? within.key === keys[0] : keys.includes(within.key);
}

let keysMade = 0;

/** @throws AkiDbError `internal` for text that does not parse, which was checked when it was written */
export function parsePolicy({ name, cedarText }: PolicyText): TenantPolicy {
  const answer = withCedar((cedar) => cedar.policyToJson(cedarText));
  if (answer.type === "failure") {
    throw new AkiDbError("internal", "internal error", {
      cause: `policy ${JSON.stringify(name)} does not parse`,
    });
  }
  return { name, cedarText, key: String(keysMade++), head: policyHead(answer.json) };
}

let parsedShipped: readonly TenantPolicy[] | undefined;

function shipped(): readonly TenantPolicy[] {
  parsedShipped ??= shippedPolicies.map(parsePolicy);
  return parsedShipped;
}
