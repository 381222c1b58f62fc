import type { JsonValue } from "@akidb/base";
import type { Scalar } from "./filter.ts";
import { parseInstant } from "./instant.ts";

/** What a filter compares with; NaN and the infinities are not JSON. */
export const isScalar = (value: JsonValue | undefined): value is Scalar =>
  value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

/** Of the same type and equal; two dates, where they name the same instant, however they are written. */
export function scalarsEqual(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (typeof a !== "string" || typeof b !== "string") return false;
  const instant = parseInstant(a);
  return instant !== undefined && instant === parseInstant(b);
}
