import {
  type FieldViolation,
  invalidArguments,
  isPlainObject,
  type JsonObject,
  type JsonValue,
} from "@akidb/base";
import type { OperatorValueMap, VectorFilter } from "@mastra/core/vector/filter";

interface GeoPoint {
  readonly lat: number;
  readonly lon: number;
}

/** Mastra's operators without those that AkiDB has no answer for, and AkiDB's own. */
type AkiDbOperators = Omit<OperatorValueMap, "$elemMatch" | "$regex" | "$options"> & {
  $contains: string | number | boolean | null;
  $prefix: string;
  $geo_radius: { readonly center: GeoPoint; readonly radius_m: number };
  $geo_box: { readonly top_left: GeoPoint; readonly bottom_right: GeoPoint };
};

export type AkiDbVectorFilter = VectorFilter<keyof AkiDbOperators, AkiDbOperators>;

/** They mean the same in both, but that Mastra's operands may be dates. */
const sameInBoth: ReadonlySet<string> = new Set([
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$nin",
  "$exists",
  "$contains",
  "$prefix",
  "$geo_radius",
  "$geo_box",
]);

const insteadOf: Readonly<Record<string, string>> = {
  $regex:
    "there are no regular expressions; $prefix finds strings by their beginning, $contains by their words",
  $options: "there are no regular expressions",
  $elemMatch: "name the field within the elements by its path: items.price",
};

/**
 * A filter of Mastra's as AkiDB has it: dates as text, `$all` and `$nor` by other operators. Operands are left to the database
 * to check, which names them as the caller has written them.
 *
 * @returns undefined where there is nothing to filter by
 * @throws AkiDbError `invalid_argument` that names every place that has no equal
 */
export function filterFromMastra(input: AkiDbVectorFilter | undefined): JsonObject | undefined {
  if (input === undefined || input === null) return undefined;
  const violations: FieldViolation[] = [];
  const translated = translateFilter(input, "filter", violations);
  if (violations.length > 0) throw invalidArguments(violations);
  return Object.keys(translated).length === 0 ? undefined : translated;
}

function translateFilter(input: unknown, path: string, violations: FieldViolation[]): JsonObject {
  if (!isPlainObject(input)) {
    violations.push({ path, detail: "must be an object of fields and operators" });
    return {};
  }
  const parts = Object.entries(input).map(([key, value]) =>
    key.startsWith("$")
      ? translateLogical(key, value, `${path}.${key}`, violations)
      : translateField(key, value, `${path}.${key}`, violations),
  );
  return conjunction(parts);
}

function translateLogical(
  name: string,
  operand: unknown,
  path: string,
  violations: FieldViolation[],
): JsonObject {
  if (name === "$not") return { $not: translateFilter(operand, path, violations) };
  if (name !== "$and" && name !== "$or" && name !== "$nor") {
    const detail = "is not an operator here; there are $and, $or, $nor, $not";
    violations.push({ path, detail });
    return {};
  }
  if (!Array.isArray(operand) || operand.length === 0) {
    violations.push({ path, detail: "must be a list of at least one filter" });
    return {};
  }
  const filters = operand.map((each, index) => translateFilter(each, `${path}[${index}]`, violations));
  return name === "$nor" ? { $not: { $or: filters } } : { [name]: filters };
}

function translateField(
  field: string,
  value: unknown,
  path: string,
  violations: FieldViolation[],
): JsonObject {
  if (!isPlainObject(value)) return { [field]: operandOf(value, path, violations) };
  const same: Record<string, JsonValue> = {};
  const others: JsonObject[] = [];
  for (const [name, operand] of Object.entries(value)) {
    const at = `${path}.${name}`;
    if (sameInBoth.has(name)) {
      same[name] = operandOf(operand, at, violations);
    } else if (name === "$not") {
      others.push({ $not: translateField(field, operand, at, violations) });
    } else if (name === "$all") {
      others.push(...allOf(field, operand, at, violations));
    } else {
      const known = [...sameInBoth, "$all", "$not"].join(", ");
      const detail = insteadOf[name] ?? `is not an operator of a field; there are ${known}`;
      violations.push({ path: at, detail });
    }
  }
  if (Object.keys(value).length === 0) violations.push({ path, detail: "must have at least one operator" });
  return conjunction(Object.keys(same).length === 0 ? others : [{ [field]: same }, ...others]);
}

/** A field that holds an array equals each of its elements. */
function allOf(
  field: string,
  operand: unknown,
  path: string,
  violations: FieldViolation[],
): readonly JsonObject[] {
  if (!Array.isArray(operand) || operand.length === 0) {
    violations.push({ path, detail: "must be a list of at least one value" });
    return [];
  }
  return operand.map((each, index) => ({
    [field]: { $eq: operandOf(each, `${path}[${index}]`, violations) },
  }));
}

function operandOf(value: unknown, path: string, violations: FieldViolation[]): JsonValue {
  if (value instanceof Date) {
    if (!Number.isNaN(value.getTime())) return value.toISOString();
    violations.push({ path, detail: "is not a valid date" });
    return null;
  }
  if (value instanceof RegExp) {
    violations.push({ path, detail: insteadOf["$regex"]! });
    return null;
  }
  if (value === undefined) {
    violations.push({ path, detail: "is undefined; a field that is missing is found by {$exists: false}" });
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((each, index) => operandOf(each, `${path}[${index}]`, violations));
  }
  return value as JsonValue;
}

/** All of them, without wrapping what is one filter. */
function conjunction(filters: readonly JsonObject[]): JsonObject {
  const [only] = filters;
  if (filters.length <= 1) return only ?? {};
  return { $and: filters };
}
