import type { Node } from "oxc-parser";

/** Members by which a program reaches time, chance and its process without importing anything. */
const ambientMembers = new Map<string, "any" | readonly string[]>([
  ["process", "any"],
  ["Date", ["now"]],
  ["Math", ["random"]],
  ["performance", ["now"]],
  ["crypto", ["getRandomValues", "randomUUID"]],
]);

/** What this very node uses of the outside world: `Date.now`, `process.env`, `new Date()`. */
export function ambientUseOf(node: Node): readonly string[] {
  switch (node.type) {
    case "MemberExpression": {
      const object = globalName(node.object);
      const property = memberName(node);
      return isAmbient(object, property) ? [`${object}.${property ?? "[…]"}`] : [];
    }
    case "VariableDeclarator": {
      const object = node.init === null ? undefined : globalName(node.init);
      if (object === "process" && node.id.type === "Identifier") return [object];
      if (node.id.type !== "ObjectPattern") return [];
      const names = node.id.properties.map((each) =>
        each.type === "Property" && each.key.type === "Identifier" ? each.key.name : undefined,
      );
      return names.filter((name) => isAmbient(object, name)).map((name) => `${object}.${name ?? "…"}`);
    }
    case "NewExpression":
      return globalName(node.callee) === "Date" && node.arguments.length === 0
        ? ["new Date()"]
        : passed(node);
    case "CallExpression":
      return globalName(node.callee) === "Date" ? ["Date()"] : passed(node);
    default:
      return [];
  }
}

/** Whoever is handed the process can do all that it can. */
const passed = ({ arguments: values }: { readonly arguments: readonly Node[] }): readonly string[] =>
  values.some((value) => value.type === "Identifier" && value.name === "process") ? ["process"] : [];

/** @param property undefined where it is computed: any of them, then */
function isAmbient(object: string | undefined, property: string | undefined): boolean {
  const members = object === undefined ? undefined : ambientMembers.get(object);
  if (members === undefined) return false;
  return members === "any" || (property !== undefined && members.includes(property));
}

/** `Date`, `globalThis.Date`, `(Date as unknown)` → `Date` */
function globalName(expression: Node): string | undefined {
  switch (expression.type) {
    case "Identifier":
      return expression.name;
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
      return globalName(expression.expression);
    case "MemberExpression":
      return globalName(expression.object) === "globalThis" ? memberName(expression) : undefined;
    default:
      return undefined;
  }
}

/** `now` of `Date.now` and of `Date["now"]` */
function memberName(node: Extract<Node, { type: "MemberExpression" }>): string | undefined {
  const { property } = node;
  if (!node.computed) return property.type === "Identifier" ? property.name : undefined;
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}
