import type { EntityUidJson, PolicyJson, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";

import { type ConditionHead, conditionHead } from "./conditionHead.ts";

/** `Collection::"0199…"` */
export type EntityKey = string;

export const entityKey = ({ type, id }: TypeAndId): EntityKey => `${type}::${JSON.stringify(id)}`;

/** Which entities a policy is about at all, by what stands in its brackets. */
export interface EntityHead {
  /** Undefined for every type. */
  readonly type: string | undefined;
  /** The entity itself, or one that it lies in; undefined for all. */
  readonly within: { readonly key: EntityKey; readonly isExact: boolean } | undefined;
}

/** What a policy looks at, beyond its principal, action and resource. */
export interface ContextUse {
  readonly now: boolean;
  readonly ip: boolean;
}

export interface PolicyHead {
  readonly isForbid: boolean;
  readonly principal: EntityHead;
  /** Undefined for every action. */
  readonly actions: ReadonlySet<string> | undefined;
  readonly resource: EntityHead;
  readonly context: ContextUse;
  readonly condition: ConditionHead;
}

export const policyHead = ({ effect, principal, action, resource, conditions }: PolicyJson): PolicyHead => ({
  isForbid: effect === "forbid",
  principal: entityHead(principal),
  actions: actionHead(action),
  resource: entityHead(resource),
  context: contextUse(conditions),
  condition: conditionHead(conditions),
});

function entityHead(constraint: PolicyJson["principal"]): EntityHead {
  switch (constraint.op) {
    case "All":
      return { type: undefined, within: undefined };
    case "==":
      return { type: undefined, within: { key: uidOf(constraint), isExact: true } };
    case "in":
      return { type: undefined, within: { key: uidOf(constraint), isExact: false } };
    case "is":
      return {
        type: constraint.entity_type,
        within: constraint.in && { key: uidOf(constraint.in), isExact: false },
      };
  }
}

function actionHead(constraint: PolicyJson["action"]): ReadonlySet<string> | undefined {
  switch (constraint.op) {
    case "All":
      return undefined;
    case "==":
      return new Set([plain(uidIn(constraint)).id]);
    case "in": {
      const uids = "entities" in constraint ? constraint.entities : [constraint.entity];
      // No action lies in another, so "in" means one of them.
      return new Set(uids.map((uid) => plain(uid).id));
    }
  }
}

const uidOf = (constraint: object): EntityKey => entityKey(plain(uidIn(constraint)));

function uidIn(constraint: object): EntityUidJson {
  if ("entity" in constraint) return constraint.entity as EntityUidJson;
  throw new TypeError("a policy with a slot is a template");
}

const plain = (uid: EntityUidJson): TypeAndId => ("__entity" in uid ? uid.__entity : uid);

/** Conservative: whatever uses the context as a whole uses all of it. */
function contextUse(conditions: unknown): ContextUse {
  let [now, ip] = [false, false];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const attribute = contextAttribute(node);
    if (attribute !== undefined) {
      now ||= attribute !== "ip";
      ip ||= attribute !== "now";
      return;
    }
    if ("Var" in node && node.Var === "context") {
      [now, ip] = [true, true];
      return;
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(conditions);
  return { now, ip };
}

/** Of `context.ip` and `context has ip`. */
function contextAttribute(node: object): string | undefined {
  const access = ("." in node && node["."]) || ("has" in node && node.has);
  if (typeof access !== "object" || access === null || !("left" in access) || !("attr" in access))
    return undefined;
  const { left, attr } = access as { readonly left: unknown; readonly attr: unknown };
  const isContext = typeof left === "object" && left !== null && "Var" in left && left.Var === "context";
  return isContext && typeof attr === "string" ? attr : undefined;
}
