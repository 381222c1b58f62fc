import {
  type FieldViolation,
  invalidArgument,
  invalidArguments,
  isPlainObject,
  type JsonObject,
  type JsonValue,
} from "@akidb/base";
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
  // An empty list exists, and equals nothing that could be asked for.
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
  const violations: FieldViolation[] = [];
  const { filters, condition = "and" } = input;
  if (!Array.isArray(filters)) throw invalidArgument("filters.filters", "must be a list of filters");
  if (condition !== "and" && condition !== "or") {
    const detail = `${quoted(condition)} is not known; there are and, or`;
    violations.push({ path: "filters.condition", detail });
  }
  const translated = filters.map((filter, index) =>
    translate(filter, `filters.filters[${index}]`, violations),
  );
  if (violations.length > 0) throw invalidArguments(violations);
  if (translated.length === 0) return undefined;
  return condition === "or" ? { $or: translated } : { $and: translated };
}

function translate(input: MetadataFilter, path: string, violations: FieldViolation[]): JsonObject {
  const refuse = (part: string, detail: string): JsonObject => {
    violations.push({ path: `${path}${part}`, detail });
    return {};
  };
  if (!isPlainObject(input)) return refuse("", "must be an object with a key, an operator and a value");
  const { key, value, operator } = input as MetadataFilter;
  const field = quoted(key);
  if (typeof key !== "string" || key === "" || key.startsWith("$")) {
    return refuse(".key", `${field} is not a field of the metadata`);
  }
  if (!Object.hasOwn(conditions, operator)) {
    const known = Object.keys(conditions).join(", ");
    return refuse(".operator", `${quoted(operator)} of the field ${field} is not known; there are ${known}`);
  }
  const condition = conditions[operator](value);
  if (condition === undefined) {
    return refuse(".value", `of the field ${field} with "${operator}" must be ${operands[operator]}`);
  }
  const of = (test: JsonObject): JsonObject => ({ [key]: test });
  if ("test" in condition) return of(condition.test);
  return "all" in condition ? { $and: condition.all.map(of) } : { $or: condition.any.map(of) };
}

const quoted = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : `a value of the type ${typeof value}`;

/** LlamaIndex's type lacks booleans, and its stores take them. */
const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

const isBound = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number";

const isScalars = (value: unknown): value is readonly JsonValue[] =>
  Array.isArray(value) && value.every(isScalar);
