import {
  type FieldViolation,
  invalidArguments,
  isPlainObject,
  type JsonObject,
  type JsonValue,
  limits,
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

const insteadOf: ReadonlyMap<string, string> = new Map([
  ["$regex", "cannot be answered; $prefix finds strings by their beginning, $contains by their words"],
  ["$options", "cannot be answered: there are no regular expressions"],
  ["$elemMatch", "cannot be answered; name the field within the elements by its path: items.price"],
]);

/**
 * A filter of Mastra's as AkiDB has it: dates as text, `$all` and `$nor` by other operators. Operands are left to the database
 * to check, which names them as the caller has written them.
 *
 * @returns undefined where there is nothing to filter by
 * @throws AkiDbError `invalid_argument` that names every place that has no equal
 */
export function filterFromMastra(input: AkiDbVectorFilter | undefined): JsonObject | undefined {
  if (input === undefined || input === null) return undefined;
  const translator = new FilterTranslator();
  const translated = translator.filter(input, "filter", limits.filterDepthMax);
  if (translator.violations.length > 0) throw invalidArguments(translator.violations);
  return Object.keys(translated).length === 0 ? undefined : translated;
}

class FilterTranslator {
  readonly violations: FieldViolation[] = [];

  filter(input: unknown, path: string, depthLeft: number): JsonObject {
    if (!isPlainObject(input)) return this.#refuse(path, "must be an object of fields and operators");
    if (depthLeft === 0) return this.#refuse(path, `is nested deeper than ${limits.filterDepthMax} levels`);
    const filters = Object.entries(input).map(([key, value]) =>
      key.startsWith("$")
        ? this.#logical(key, value, `${path}.${key}`, depthLeft)
        : this.#field(key, value, `${path}.${key}`, depthLeft),
    );
    return conjunction(filters);
  }

  #logical(name: string, operand: unknown, path: string, depthLeft: number): JsonObject {
    if (name === "$not") return { $not: this.filter(operand, path, depthLeft - 1) };
    if (name !== "$and" && name !== "$or" && name !== "$nor") {
      return this.#refuse(path, "is not an operator here; there are $and, $or, $nor, $not");
    }
    if (!Array.isArray(operand) || operand.length === 0) {
      return this.#refuse(path, "must be a list of at least one filter");
    }
    const filters = operand.map((each, index) => this.filter(each, `${path}[${index}]`, depthLeft - 1));
    return name === "$nor" ? { $not: { $or: filters } } : { [name]: filters };
  }

  #field(field: string, value: unknown, path: string, depthLeft: number): JsonObject {
    if (!isPlainObject(value)) return { [field]: this.#operand(value, path) };
    if (depthLeft === 0) return this.#refuse(path, `is nested deeper than ${limits.filterDepthMax} levels`);
    const operators = Object.entries(value);
    if (operators.length === 0) return this.#refuse(path, "must have at least one operator");
    // Bounds of one field stay together: they speak of the same element of an array.
    const same = operators.filter(([name]) => sameInBoth.has(name));
    const filters = operators
      .filter(([name]) => !sameInBoth.has(name))
      .map(([name, operand]) => this.#otherOperator(field, name, operand, `${path}.${name}`, depthLeft));
    if (same.length > 0) {
      const operands = same.map(([name, operand]) => [name, this.#operand(operand, `${path}.${name}`)]);
      filters.unshift({ [field]: Object.fromEntries(operands) as JsonObject });
    }
    return conjunction(filters);
  }

  #otherOperator(field: string, name: string, operand: unknown, path: string, depthLeft: number): JsonObject {
    switch (name) {
      case "$not":
        if (!isPlainObject(operand)) return this.#refuse(path, "must be an object of operators");
        return { $not: this.#field(field, operand, path, depthLeft - 1) };
      case "$all":
        if (!Array.isArray(operand) || operand.length === 0) {
          return this.#refuse(path, "must be a list of at least one value");
        }
        // A field that holds an array equals each of its elements.
        return {
          $and: operand.map((each, at) => ({ [field]: { $eq: this.#operand(each, `${path}[${at}]`) } })),
        };
      default:
        return this.#refuse(path, insteadOf.get(name) ?? `is not an operator of a field; there are ${known}`);
    }
  }

  #operand(value: unknown, path: string): JsonValue {
    if (Array.isArray(value)) return value.map((each, index) => this.#scalar(each, `${path}[${index}]`));
    return this.#scalar(value, path);
  }

  #scalar(value: unknown, path: string): JsonValue {
    if (value instanceof Date) {
      if (!Number.isNaN(value.getTime())) return value.toISOString();
      this.#refuse(path, "is not a date");
    }
    if (value instanceof RegExp) this.#refuse(path, insteadOf.get("$regex")!);
    if (value === undefined) {
      this.#refuse(path, "is undefined; a field that is missing is found by {$exists: false}");
    }
    return value as JsonValue;
  }

  #refuse(path: string, detail: string): JsonObject {
    if (this.violations.length < violationsMax) this.violations.push({ path, detail });
    return {};
  }
}

/** Named in one error. */
const violationsMax = 100;

const known = [...sameInBoth, "$all", "$not"].join(", ");

/** All of them, without wrapping what is one filter. */
const conjunction = (filters: readonly JsonObject[]): JsonObject =>
  filters.length > 1 ? { $and: filters } : (filters[0] ?? {});
