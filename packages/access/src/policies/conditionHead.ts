import type { CedarValueJson } from "@cedar-policy/cedar-wasm/nodejs";

/** What is known of an entity before Cedar is asked. */
export interface EntityFacts {
  readonly type: string;
  /** Undefined where Cedar knows them from elsewhere. */
  readonly attrs: Readonly<Record<string, CedarValueJson>> | undefined;
}

export interface RequestFacts {
  readonly principal: EntityFacts;
  readonly resource: EntityFacts;
}

/** The beginning of a policy's condition, as far as it can be judged without Cedar. */
export interface ConditionHead {
  /** Whether it asks for an attribute's text, which few requests have. */
  readonly isSelective: boolean;
  readonly conjuncts: readonly Conjunct[];
}

/** Undefined for what Cedar has to say. */
type Conjunct = (facts: RequestFacts) => boolean | undefined;

/**
 * Reads `when { a && b && … }` from the left, up to the first part of another kind than `x is T`, `x has a`, `x.a == "t"` and
 * `x.a like "t*"`. None of these fails to be evaluated, so one that is false decides that the policy does not apply.
 */
export function conditionHead(conditions: readonly unknown[]): ConditionHead {
  const conjuncts: Conjunct[] = [];
  let isSelective = false;
  const [first] = conditions;
  const body = first !== undefined && field(first, "kind") === "when" ? field(first, "body") : undefined;
  for (const part of flattened(body)) {
    const conjunct = typeConjunct(part) ?? hasConjunct(part) ?? textConjunct(part);
    if (conjunct === undefined) break;
    isSelective ||= typeConjunct(part) === undefined && hasConjunct(part) === undefined;
    conjuncts.push(conjunct);
  }
  return { isSelective, conjuncts };
}

/** Whether the condition is surely false. */
export function isRefuted({ conjuncts }: ConditionHead, facts: RequestFacts): boolean {
  for (const conjunct of conjuncts) {
    const isTrue = conjunct(facts);
    if (isTrue !== true) return isTrue === false;
  }
  return false;
}

function* flattened(body: unknown): Iterable<unknown> {
  const and = field(body, "&&");
  if (and === undefined) {
    if (body !== undefined) yield body;
    return;
  }
  yield* flattened(field(and, "left"));
  yield* flattened(field(and, "right"));
}

function typeConjunct(part: unknown): Conjunct | undefined {
  const is = field(part, "is");
  const name = variable(field(is, "left"));
  const type = field(is, "entity_type");
  if (name === undefined || typeof type !== "string" || field(is, "in") !== undefined) return undefined;
  return (facts) => facts[name].type === type;
}

function hasConjunct(part: unknown): Conjunct | undefined {
  const has = field(part, "has");
  const name = variable(field(has, "left"));
  const attr = field(has, "attr");
  if (name === undefined || typeof attr !== "string") return undefined;
  return ({ [name]: { attrs } }) => attrs && Object.hasOwn(attrs, attr);
}

function textConjunct(part: unknown): Conjunct | undefined {
  const like = field(part, "like");
  if (like !== undefined) {
    const pattern = textPattern(field(like, "pattern"));
    return pattern && onText(field(like, "left"), pattern);
  }
  const equals = field(part, "==");
  const text = field(field(equals, "right"), "Value");
  return typeof text === "string" ? onText(field(equals, "left"), (value) => value === text) : undefined;
}

/** Of `principal.email` and the like. */
function onText(access: unknown, matches: (value: string) => boolean): Conjunct | undefined {
  const dot = field(access, ".");
  const name = variable(field(dot, "left"));
  const attr = field(dot, "attr");
  if (name === undefined || typeof attr !== "string") return undefined;
  return ({ [name]: { attrs } }) => {
    const value = attrs && Object.hasOwn(attrs, attr) ? attrs[attr] : undefined;
    return typeof value === "string" ? matches(value) : undefined;
  };
}

/** `*` stands for any text, also for none. */
function textPattern(pattern: unknown): ((value: string) => boolean) | undefined {
  if (!Array.isArray(pattern)) return undefined;
  const pieces = [""];
  for (const element of pattern as readonly unknown[]) {
    const literal = field(element, "Literal");
    if (element === "Wildcard") pieces.push("");
    else if (typeof literal === "string") pieces[pieces.length - 1] += literal;
    else return undefined;
  }
  const [start = "", ...rest] = pieces;
  const end = rest.pop();
  if (end === undefined) return (value) => value === start;
  return (value) => {
    if (value.length < start.length + end.length || !value.startsWith(start) || !value.endsWith(end))
      return false;
    let at = start.length;
    // The first place of each piece leaves the most for those behind it.
    for (const piece of rest) {
      const found = value.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= value.length - end.length;
  };
}

function variable(node: unknown): keyof RequestFacts | undefined {
  const name = field(node, "Var");
  return name === "principal" || name === "resource" ? name : undefined;
}

function field(node: unknown, name: string): unknown {
  if (typeof node !== "object" || node === null || !Object.hasOwn(node, name)) return undefined;
  return (node as Readonly<Record<string, unknown>>)[name];
}
