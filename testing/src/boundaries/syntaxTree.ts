import { type Node, type Program, visitorKeys } from "oxc-parser";

/** Every node below `program`, parents first. */
export function* nodesOf(program: Program): Generator<Node> {
  const pending: Node[] = [program];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    yield node;
    const fields = node as unknown as Readonly<Record<string, unknown>>;
    for (const key of visitorKeys[node.type] ?? []) {
      for (const child of [fields[key]].flat()) if (isNode(child)) pending.push(child);
    }
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value;
