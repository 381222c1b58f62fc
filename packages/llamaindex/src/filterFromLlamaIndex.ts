import { type FieldViolation, invalidArguments, type JsonObject, type JsonValue } from "@akidb/base";
import type { MetadataFilter, MetadataFilters } from "@llamaindex/core/vector-store";

type Operator = MetadataFilter["operator"];

/** What each operator is for AkiDB; undefined where its value is not one that it takes. */
const conditions: Readonly<Record<Operator, (value: unknown) => Condition | undefined>> = {
  "==": (value) => (isScalar(value) ? { test: { $eq: value } } : undefined),
  "!=": (value) => (isScalar(value) ? { test: { $ne: value } } : undefined),
  ">": (value) => (isBound(value) ? { test: { $gt: value } } : undefined),
  ">=": (value) => (isBound(value) ? { test: { $gte: value } } : undefined),
  "<": (value) => (isBound(value) ? { test: { $lt: value } } : undefined),
  "<=": (value) => (isBound(value) ? { test: { $lte: value } } : undefined),
  in: (value) => (isScalars(value) ? { test: { $in: value } } : undefined),
  nin: (value) => (isScalars(value) ? { test: { $nin: value } } : undefined),
  // A field that holds an array passes by any of its elements.
  any: (value) => (isScalars(value) ? { test: { $in: value } } : undefined),
  all: (value) =>
    isScalars(value) && value.length > 0 ? { all: value.map((each) => ({ $eq: each })) } : undefined,
  contains: (value) => (isScalar(value) ? { test: { $eq: value } } : undefined),
  text_match: (value) => (typeof value === "string" ? { test: { $contains: value } } : undefined),
  is_empty: () => ({ any: [{ $exists: false }, { $eq: null }, { $eq: "" }] }),
};

const operands: Readonly<Record<Operator, string>> = {
  "==": "a string, a number or a boolean",
  "!=": "a string, a number or a boolean",
  ">": "a number or a string",
  ">=": "a number or a string",
  "<": "a number or a string",
  "<=": "a number or a string",
  in: "a list of values",
  nin: "a list of values",
  any: "a list of values",
  all: "a list of at least one value",
  contains: "a string, a number or a boolean",
  text_match: "a string",
  is_empty: "nothing",
};

/** Tests of one field: one, or several of which all, or any, have to pass. */
type Condition =
  | { readonly test: JsonObject }
  | { readonly all: readonly JsonObject[] }
  | { readonly any: readonly JsonObject[] };

/**
 * LlamaIndex's metadata filters as AkiDB has them; keys are paths, `author.name` a field within a field.
 *
 * @returns undefined where there is nothing to filter by
 * @throws AkiDbError `invalid_argument` that names every filter that AkiDB cannot answer
 */
export function filterFromLlamaIndex(input: MetadataFilters | undefined): JsonObject | undefined {
  if (input === undefined) return undefined;
  const { filters, condition = "and" } = input;
  const violations: FieldViolation[] = [];
  if (condition !== "and" && condition !== "or") {
    const detail = `${JSON.stringify(condition)} is not known; there are and, or`;
    violations.push({ path: "filters.condition", detail });
  }
  const translated = filters.map((filter, index) =>
    translate(filter, `filters.filters[${index}]`, violations),
  );
  if (violations.length > 0) throw invalidArguments(violations);
  if (translated.length === 0) return undefined;
  return condition === "or" ? { $or: translated } : { $and: translated };
}

function translate(
  { key, value, operator }: MetadataFilter,
  path: string,
  violations: FieldViolation[],
): JsonObject {
  const field = JSON.stringify(key);
  if (typeof key !== "string" || key === "" || key.startsWith("$")) {
    violations.push({ path: `${path}.key`, detail: `${field} is not a field of the metadata` });
    return {};
  }
  if (!Object.hasOwn(conditions, operator)) {
    const known = Object.keys(conditions).join(", ");
    const detail = `${JSON.stringify(operator)} of the field ${field} is not known; there are ${known}`;
    violations.push({ path: `${path}.operator`, detail });
    return {};
  }
  const condition = conditions[operator](value);
  if (condition === undefined) {
    const detail = `of the field ${field} with ${JSON.stringify(operator)} must be ${operands[operator]}`;
    violations.push({ path: `${path}.value`, detail });
    return {};
  }
  const of = (test: JsonObject): JsonObject => ({ [key]: test });
  if ("test" in condition) return of(condition.test);
  return "all" in condition ? { $and: condition.all.map(of) } : { $or: condition.any.map(of) };
}

/** LlamaIndex's type lacks booleans, and its stores take them. */
const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

const isBound = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number";

const isScalars = (value: unknown): value is readonly JsonValue[] =>
  Array.isArray(value) && value.every(isScalar);
