import { assertNever, type JsonValue } from "@akidb/base";
import type { Bounds, FieldTest, RangeTest, Scalar } from "./filter.ts";
import { distanceM, isInBox, toGeoPoint } from "./geo.ts";
import { parseInstant } from "./instant.ts";
import { isScalar, scalarsEqual } from "./scalar.ts";
import { hasWordsOf } from "./words.ts";

/** Whether one value, an element where there is an array, is what a test asks for. */
export function matchesValue(value: JsonValue, test: Exclude<FieldTest, { kind: "exists" }>): boolean {
  switch (test.kind) {
    case "equals":
      return isScalar(value) && test.operands.some((operand) => scalarsEqual(value, operand));
    case "range":
      return isInRange(value, test);
    case "contains":
      return isScalar(value) && contains(value, test.operand);
    case "prefix":
      return typeof value === "string" && value.startsWith(test.prefix);
    case "geoRadius": {
      const point = toGeoPoint(value);
      return point !== undefined && distanceM(point, test.center) <= test.radiusM;
    }
    case "geoBox": {
      const point = toGeoPoint(value);
      return point !== undefined && isInBox(point, test);
    }
    default:
      return assertNever(test);
  }
}

function isInRange(value: JsonValue, test: RangeTest): boolean {
  switch (test.of) {
    case "number":
      return typeof value === "number" && isWithin(value, test.bounds);
    case "instant": {
      const instant = typeof value === "string" ? parseInstant(value) : undefined;
      return instant !== undefined && isWithin(instant, test.bounds);
    }
    case "string":
      return typeof value === "string" && isWithin(value, test.bounds);
    default:
      return assertNever(test);
  }
}

function isWithin<T extends number | string>(value: T, { lower, upper }: Bounds<T>): boolean {
  if (lower !== undefined && !(lower.isInclusive ? value >= lower.value : value > lower.value)) return false;
  return upper === undefined || (upper.isInclusive ? value <= upper.value : value < upper.value);
}

/** An element that equals the operand, or a text that has all of its words. */
function contains(value: Scalar, operand: Scalar): boolean {
  if (scalarsEqual(value, operand)) return true;
  if (typeof value !== "string" || typeof operand !== "string") return false;
  return hasWordsOf(operand)(value);
}
