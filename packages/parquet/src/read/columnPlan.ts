import { limits } from "@akidb/base";
import type { SchemaElement } from "hyparquet";
import { type ColumnName, columnNames } from "../format/documentSchema.ts";
import { type Leaf, leafOf } from "./leaf.ts";
import { invalid, unsupported } from "./parquetFileError.ts";
import { isRepeated, type SchemaNode } from "./schemaNode.ts";

/** Which column of the file is which of a document. */
export type ColumnPlan = ReadonlyMap<ColumnName, ColumnPlace>;

export type ColumnPlace =
  | { readonly kind: "flat"; readonly leaf: Leaf }
  | { readonly kind: "vector"; readonly leaf: Leaf }
  | { readonly kind: "nested"; readonly nodes: readonly SchemaNode[] };

export function planColumn(root: SchemaNode, name: ColumnName): ColumnPlace | undefined {
  const found = root.children.filter(({ element }) => element.name === name);
  if (found.length > 1) throw invalid("is there more than once");
  const [node] = found;
  if (node === undefined) {
    if (name === "vector") throw invalid(`is missing; there are ${namesOf(root)}`);
    return undefined;
  }
  if (name === "vector") return { kind: "vector", leaf: vectorLeaf(root, node) };
  if (name === "metadata" && node.children.length > 0) return { kind: "nested", nodes: [root, node] };
  if (node.children.length > 0 || isRepeated(node))
    throw unsupported("is nested; a single value is expected");
  const problem = flatTypeProblem(name, node.element);
  if (problem !== undefined) throw unsupported(`has type ${describeType(node.element)}; ${problem}`);
  return { kind: "flat", leaf: leafOf([root, node]) };
}

const namesOf = (root: SchemaNode): string =>
  root.children
    .map(({ element }) => element.name)
    .slice(0, 20)
    .join(", ") || "no columns";

export const unknownColumns = (root: SchemaNode): readonly string[] =>
  root.children
    .map(({ element }) => element.name)
    .filter((name) => !columnNames.includes(name as ColumnName));

/**
 * The values of a LIST: three levels as the format has it, two as older writers do, or a bare repeated value (the
 * format's rules of backward compatibility). Arrays of a fixed size are stored as lists.
 */
function vectorLeaf(root: SchemaNode, vector: SchemaNode): Leaf {
  const nodes = [root, vector];
  let node = vector;
  while (node.children.length === 1) {
    node = node.children[0]!;
    nodes.push(node);
  }
  const leaf = leafOf(nodes);
  const isNumber = leaf.element.type === "FLOAT" || leaf.element.type === "DOUBLE";
  if (node.children.length > 0 || leaf.repetitionMax !== 1 || nodes.length > 4 || !isNumber) {
    const type = node.children.length > 0 ? "a struct" : describeType(leaf.element);
    throw unsupported(
      `must be a list of float or double, not ${leaf.repetitionMax === 1 ? "a list of " : ""}${type}`,
    );
  }
  return leaf;
}

/** @returns what is expected; undefined if the type can be read */
function flatTypeProblem(name: ColumnName, element: SchemaElement): string | undefined {
  const { type, type_length: length } = element;
  switch (name) {
    case "id":
      return type === "BYTE_ARRAY" || (type === "FIXED_LEN_BYTE_ARRAY" && length === 16)
        ? undefined
        : "a UUID or a string with one is expected (identifiers of other kinds belong into external_id)";
    case "external_id":
    case "text":
    case "metadata":
      return type === "BYTE_ARRAY" ? undefined : "a string is expected";
    case "inserted_at":
    case "updated_at":
    case "expires_at":
      return type === "INT96" || (type === "INT64" && timeUnitOf(element) !== undefined)
        ? undefined
        : "a timestamp is expected";
    case "version":
      return type === "INT64" || type === "INT32" ? undefined : "an integer is expected";
    case "vector":
      return undefined;
  }
}

/** Of a second. */
export function timeUnitOf({
  logical_type: logical,
  converted_type: converted,
}: SchemaElement): number | undefined {
  if (logical?.type === "TIMESTAMP") return { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 }[logical.unit];
  return { TIMESTAMP_MILLIS: 1e3, TIMESTAMP_MICROS: 1e6 }[converted as string];
}

const describeType = ({ type, logical_type: logical, converted_type: converted }: SchemaElement): string =>
  [type, logical?.type ?? converted].filter((part) => part !== undefined).join(" ");

export const isDimension = (value: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= limits.dimensionMax;
