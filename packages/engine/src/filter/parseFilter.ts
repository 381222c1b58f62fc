import { type FieldViolation, invalidArguments, isPlainObject, type JsonValue, limits } from "@akidb/base";
import { type FieldPath, parseFieldPath } from "./fieldPath.ts";
import {
  type Bound,
  type Bounds,
  everything,
  type FieldTest,
  type Filter,
  type GeoPoint,
  type RangeTest,
  type Scalar,
} from "./filter.ts";
import {
  type FieldOperator,
  fieldOperators,
  isFieldOperator,
  isLogicalOperator,
  logicalOperators,
} from "./filterOperators.ts";
import { toGeoPoint } from "./geo.ts";
import { parseInstant } from "./instant.ts";
import { isScalar } from "./scalar.ts";

type JsonObjectLike = { readonly [key: string]: JsonValue };

/**
 * A filter as callers write it, checked: `{"year": {"$gte": 2020}, "tag": {"$in": ["a", "b"]}}`.
 *
 * @param path where the filter stands in the request
 * @throws AkiDbError `invalid_argument` that names every operator, operand and field that is wrong
 */
export function parseFilter(input: unknown, path = "filter"): Filter {
  const parser = new FilterParser();
  const filter = parser.parse(input, path, limits.filterDepthMax);
  if (parser.violations.length > 0) throw invalidArguments(parser.violations);
  return filter;
}

class FilterParser {
  readonly violations: FieldViolation[] = [];
  #conditionCount = 0;

  parse(input: unknown, path: string, depthLeft: number): Filter {
    if (!isObject(input)) return this.#refuse(path, "must be an object of fields and operators");
    if (depthLeft === 0) return this.#refuse(path, `is nested deeper than ${limits.filterDepthMax} levels`);
    const filters = Object.entries(input).map(([key, value]) =>
      key.startsWith("$")
        ? this.#parseLogical(key, value, `${path}.${key}`, depthLeft)
        : this.#parseField(key, value, `${path}.${key}`, depthLeft),
    );
    return filters.length === 1 ? filters[0]! : { kind: "and", filters };
  }

  #parseLogical(name: string, operand: JsonValue, path: string, depthLeft: number): Filter {
    if (!isLogicalOperator(name)) {
      const hint = isFieldOperator(name)
        ? `belongs behind a field: {"field": {"${name}": …}}`
        : `is not an operator here; there are ${logicalOperators.join(", ")}`;
      return this.#refuse(path, hint);
    }
    if (name === "$not") return { kind: "not", filter: this.parse(operand, path, depthLeft - 1) };
    if (!Array.isArray(operand) || operand.length === 0) {
      return this.#refuse(path, "must be a list of at least one filter");
    }
    const filters = operand.map((each, index) => this.parse(each, `${path}[${index}]`, depthLeft - 1));
    return { kind: name === "$and" ? "and" : "or", filters };
  }

  #parseField(name: string, value: JsonValue, path: string, depthLeft: number): Filter {
    const field = parseFieldPath(name);
    if (field === undefined) {
      return this.#refuse(
        path,
        "must be a field's keys with a dot between them, a dot in a key written as \\.",
      );
    }
    if (isScalar(value)) return this.#fieldTest(field, this.#equals(value, path), path);
    if (!isObject(value))
      return this.#refuse(path, 'must be a value or operators; for a list of values, {"$in": […]}');
    return this.#parseOperators(field, value, path, depthLeft);
  }

  #parseOperators(field: FieldPath, operators: JsonObjectLike, path: string, depthLeft: number): Filter {
    const names = Object.keys(operators);
    if (names.length === 0) return this.#refuse(path, "must have at least one operator");
    const filters: Filter[] = [];
    for (const name of names) {
      if (!isFieldOperator(name)) {
        const detail = `is not an operator of a field; there are ${fieldOperators.join(", ")}`;
        filters.push(this.#refuse(`${path}.${name}`, detail));
      } else if (!isRangeOperator(name)) {
        filters.push(this.#parseOperator(field, name, operators[name]!, `${path}.${name}`, depthLeft));
      }
    }
    // All bounds of a field are one test: the same element of an array has to lie within them.
    const range = this.#parseRange(operators, path);
    if (range !== undefined) filters.push(this.#fieldTest(field, range, path));
    return filters.length === 1 ? filters[0]! : { kind: "and", filters };
  }

  #parseOperator(
    field: FieldPath,
    name: Exclude<FieldOperator, RangeOperator>,
    operand: JsonValue,
    path: string,
    depthLeft: number,
  ): Filter {
    const test = (made: FieldTest | undefined): Filter => this.#fieldTest(field, made, path);
    switch (name) {
      case "$eq":
        return test(this.#equals(operand, path));
      case "$ne":
        return not(test(this.#equals(operand, path)));
      case "$in":
        return test(this.#equalsAny(operand, path));
      case "$nin":
        return not(test(this.#equalsAny(operand, path)));
      case "$exists": {
        if (typeof operand !== "boolean") return this.#refuse(path, "must be true or false");
        const exists = test({ kind: "exists" });
        return operand ? exists : not(exists);
      }
      case "$not": {
        if (!isObject(operand)) return this.#refuse(path, "must be an object of operators");
        if (depthLeft === 0)
          return this.#refuse(path, `is nested deeper than ${limits.filterDepthMax} levels`);
        return not(this.#parseOperators(field, operand, path, depthLeft - 1));
      }
      case "$contains":
        if (!isScalar(operand)) return this.#refuse(path, "must be a string, a number, true, false or null");
        return test({ kind: "contains", operand });
      case "$prefix":
        if (typeof operand !== "string") return this.#refuse(path, "must be a string");
        return test({ kind: "prefix", prefix: operand });
      case "$geo_radius":
        return test(this.#geoRadius(operand, path));
      case "$geo_box":
        return test(this.#geoBox(operand, path));
    }
  }

  #equals(operand: JsonValue, path: string): FieldTest | undefined {
    if (isScalar(operand)) return { kind: "equals", operands: [operand] };
    this.#refuse(path, "must be a string, a number, true, false or null");
    return undefined;
  }

  #equalsAny(operand: JsonValue, path: string): FieldTest | undefined {
    if (!Array.isArray(operand)) {
      this.#refuse(path, "must be a list of values");
      return undefined;
    }
    if (operand.length > limits.filterValuesMax) {
      this.#refuse(path, `has ${operand.length} values; at most ${limits.filterValuesMax} are allowed`);
      return undefined;
    }
    const operands: Scalar[] = [];
    for (const [index, value] of (operand as readonly JsonValue[]).entries()) {
      if (isScalar(value)) operands.push(value);
      else this.#refuse(`${path}[${index}]`, "must be a string, a number, true, false or null");
    }
    return { kind: "equals", operands };
  }

  #parseRange(operators: JsonObjectLike, path: string): RangeTest | undefined {
    const bounds = rangeOperators.flatMap((name) => {
      if (!Object.hasOwn(operators, name)) return [];
      const operand = operators[name]!;
      if (isScalar(operand) && (typeof operand === "number" || typeof operand === "string")) {
        return [{ name, operand }];
      }
      this.#refuse(`${path}.${name}`, "must be a number, a date or a string");
      return [];
    });
    if (bounds.length === 0) return undefined;
    for (const [name, other] of [
      ["$gt", "$gte"],
      ["$lt", "$lte"],
    ] as const) {
      if (Object.hasOwn(operators, name) && Object.hasOwn(operators, other)) {
        this.#refuse(`${path}.${other}`, `cannot stand beside ${name}`);
        return undefined;
      }
    }
    if (bounds.every(({ operand }) => typeof operand === "number")) {
      return { kind: "range", of: "number", bounds: toBounds(bounds, (operand) => operand as number) };
    }
    if (bounds.every(({ operand }) => typeof operand === "string")) {
      const isDates = bounds.every(({ operand }) => parseInstant(operand as string) !== undefined);
      return isDates
        ? {
            kind: "range",
            of: "instant",
            bounds: toBounds(bounds, (operand) => parseInstant(operand as string)!),
          }
        : { kind: "range", of: "string", bounds: toBounds(bounds, (operand) => operand as string) };
    }
    this.#refuse(path, "must have bounds of one type");
    return undefined;
  }

  #geoRadius(operand: JsonValue, path: string): FieldTest | undefined {
    const { center, radius_m: radiusM } = isObject(operand) ? operand : {};
    const point = this.#geoPoint(center, `${path}.center`);
    const isRadius = typeof radiusM === "number" && radiusM >= 0 && radiusM < Number.POSITIVE_INFINITY;
    if (!isRadius) this.#refuse(`${path}.radius_m`, "must be a number of metres from 0");
    this.#refuseOtherKeys(operand, ["center", "radius_m"], path);
    return point !== undefined && isRadius ? { kind: "geoRadius", center: point, radiusM } : undefined;
  }

  #geoBox(operand: JsonValue, path: string): FieldTest | undefined {
    const { top_left, bottom_right } = isObject(operand) ? operand : {};
    const topLeft = this.#geoPoint(top_left, `${path}.top_left`);
    const bottomRight = this.#geoPoint(bottom_right, `${path}.bottom_right`);
    this.#refuseOtherKeys(operand, ["top_left", "bottom_right"], path);
    if (topLeft === undefined || bottomRight === undefined) return undefined;
    if (topLeft.lat < bottomRight.lat) {
      this.#refuse(`${path}.top_left.lat`, "must not be south of bottom_right");
      return undefined;
    }
    return { kind: "geoBox", topLeft, bottomRight };
  }

  #geoPoint(value: JsonValue | undefined, path: string): GeoPoint | undefined {
    const point = toGeoPoint(value);
    if (point === undefined) {
      this.#refuse(path, 'must be {"lat": -90 to 90, "lon": -180 to 180}');
    }
    return point;
  }

  #refuseOtherKeys(operand: JsonValue, known: readonly string[], path: string): void {
    if (!isObject(operand)) return;
    for (const key of Object.keys(operand)) {
      if (!known.includes(key)) this.#refuse(`${path}.${key}`, `is not known; there are ${known.join(", ")}`);
    }
  }

  #fieldTest(path: FieldPath, test: FieldTest | undefined, at: string): Filter {
    this.#conditionCount += 1;
    if (this.#conditionCount === limits.filterConditionsMax + 1) {
      this.#refuse(at, `is one condition too many; at most ${limits.filterConditionsMax} are allowed`);
    }
    return test === undefined ? everything : { kind: "field", path, test };
  }

  #refuse(path: string, detail: string): Filter {
    if (this.violations.length < violationsMax) this.violations.push({ path, detail });
    return everything;
  }
}

/** Named in one error. */
const violationsMax = 100;

const rangeOperators = ["$gt", "$gte", "$lt", "$lte"] as const;
type RangeOperator = (typeof rangeOperators)[number];

const isRangeOperator = (name: FieldOperator): name is RangeOperator =>
  (rangeOperators as readonly string[]).includes(name);

const not = (filter: Filter): Filter => ({ kind: "not", filter });

function toBounds<T>(
  operands: readonly { readonly name: RangeOperator; readonly operand: number | string }[],
  convert: (operand: number | string) => T,
): Bounds<T> {
  const bound = (exclusive: RangeOperator, inclusive: RangeOperator): Bound<T> | undefined => {
    const found = operands.find(({ name }) => name === exclusive || name === inclusive);
    return found && { value: convert(found.operand), isInclusive: found.name === inclusive };
  };
  const lower = bound("$gt", "$gte");
  const upper = bound("$lt", "$lte");
  return { ...(lower !== undefined && { lower }), ...(upper !== undefined && { upper }) };
}

const isObject = (value: unknown): value is JsonObjectLike => isPlainObject(value);
