import type { FieldViolation, JsonObject, JsonValue, PayloadFieldType } from "@akidb/base";
import { toGeoPoint } from "../filter/geo.ts";
import { parseInstant } from "../filter/instant.ts";
import type { DeclaredField } from "../payload/declaredField.ts";

interface TypeRule {
  readonly holds: (value: JsonValue) => boolean;
  readonly wanted: string;
}

const rules: Readonly<Record<PayloadFieldType, TypeRule>> = {
  keyword: { holds: (value) => typeof value === "string", wanted: "a string" },
  number: { holds: (value) => typeof value === "number", wanted: "a number" },
  date: {
    holds: (value) => typeof value === "string" && parseInstant(value) !== undefined,
    wanted: "a date such as 2024-02-29 or 2024-02-29T12:00:00Z",
  },
  boolean: { holds: (value) => typeof value === "boolean", wanted: "true or false" },
  geo: {
    holds: (value) => toGeoPoint(value) !== undefined,
    wanted: 'a point {"lat": -90..90, "lon": -180..180}',
  },
};

/**
 * Where a field that has a type holds a value of another one, the first such value is named. A field may be missing or
 * null, and an array holds values of the type.
 */
export function checkDeclaredFields(
  metadata: JsonObject,
  declared: readonly DeclaredField[],
  violations: FieldViolation[],
): void {
  for (const field of declared) {
    const violation = firstMisfit(metadata, field, 0, "metadata");
    if (violation !== undefined) violations.push(violation);
  }
}

function firstMisfit(
  value: JsonValue,
  field: DeclaredField,
  depth: number,
  at: string,
): FieldViolation | undefined {
  if (Array.isArray(value)) {
    for (const [index, element] of (value as readonly JsonValue[]).entries()) {
      const violation = firstMisfit(element, field, depth, `${at}[${index}]`);
      if (violation !== undefined) return violation;
    }
    return undefined;
  }
  const key = field.path[depth];
  if (key === undefined) {
    const { holds, wanted } = rules[field.type];
    if (value === null || holds(value)) return undefined;
    return { path: at, detail: `must be ${wanted}, since payload_indexes declares it as ${field.type}` };
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return firstMisfit((value as JsonObject)[key]!, field, depth + 1, `${at}.${key}`);
}
