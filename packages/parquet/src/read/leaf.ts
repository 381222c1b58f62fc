import type { SchemaElement } from "hyparquet";
import { isOptional, isRepeated, type SchemaNode } from "./schemaNode.ts";

/** A column of values as it is stored: the end of a path through the schema. */
export interface Leaf {
  readonly element: SchemaElement;
  readonly path: readonly string[];
  /** From the root to the leaf. */
  readonly nodes: readonly SchemaNode[];
  /** Repeated elements on the path. */
  readonly repetitionMax: number;
  /** Optional and repeated elements on the path. */
  readonly definitionMax: number;
}

/** @param nodes from the root to the leaf */
export function leafOf(nodes: readonly SchemaNode[]): Leaf {
  const below = nodes.slice(1);
  const last = nodes[nodes.length - 1]!;
  const repetitionMax = below.filter(isRepeated).length;
  return {
    element: last.element,
    path: last.path,
    nodes,
    repetitionMax,
    definitionMax: repetitionMax + below.filter(isOptional).length,
  };
}

export function leavesBelow(nodes: readonly SchemaNode[]): Leaf[] {
  const { children } = nodes[nodes.length - 1]!;
  return children.length === 0
    ? [leafOf(nodes)]
    : children.flatMap((child) => leavesBelow([...nodes, child]));
}
