import type { SchemaElement } from "hyparquet";
import { damaged } from "./parquetFileError.ts";

/** A tree of the schema, in the shape that hyparquet's assembly takes. */
export interface SchemaNode {
  readonly element: SchemaElement;
  readonly children: SchemaNode[];
  readonly path: string[];
  /** Elements in this tree, itself included. */
  readonly count: number;
}

const depthMax = 32;
const elementsMax = 10_000;

export function schemaTree(schema: readonly SchemaElement[]): SchemaNode {
  if (schema.length > elementsMax) throw damaged(`has a schema of ${schema.length} elements`);
  const root = nodeAt(schema, 0, []);
  if (root.count !== schema.length) throw damaged("has a schema whose tree does not add up");
  return root;
}

function nodeAt(schema: readonly SchemaElement[], index: number, path: string[]): SchemaNode {
  const element = schema[index];
  if (element === undefined || path.length > depthMax)
    throw damaged("has a schema whose tree does not add up");
  const children: SchemaNode[] = [];
  let count = 1;
  for (let i = 0; i < (element.num_children ?? 0); i++) {
    const name = schema[index + count]?.name;
    if (typeof name !== "string") throw damaged("has a schema whose tree does not add up");
    const child = nodeAt(schema, index + count, [...path, name]);
    children.push(child);
    count += child.count;
  }
  return { element, children, path, count };
}

export const isRepeated = ({ element }: SchemaNode): boolean => element.repetition_type === "REPEATED";
export const isOptional = ({ element }: SchemaNode): boolean => element.repetition_type === "OPTIONAL";
