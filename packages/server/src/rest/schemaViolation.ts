import type { FieldViolation } from "@akidb/base";
import type { FastifySchemaValidationError } from "fastify/types/schema.js";

/** What Ajv tells with `verbose`; Fastify's type leaves the last two out. */
export interface SchemaError extends FastifySchemaValidationError {
  readonly data?: unknown;
  readonly parentSchema?: {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly anyOf?: readonly { readonly type?: string }[];
  };
}

/**
 * The one violation to show for the errors of a validation that stops at the first: one, or for a union those of its
 * branches. The branch that was meant is the one that got furthest.
 */
export function schemaViolation(errors: readonly SchemaError[]): FieldViolation {
  let [best] = errors;
  for (const error of errors) if (best === undefined || weight(error) > weight(best)) best = error;
  return best === undefined
    ? { path: "", detail: "is not valid" }
    : { path: pathOf(best), detail: detailOf(best) };
}

/** Depth first; at the same depth what a branch misses, then the union as a whole, then one branch's type. */
function weight({ instancePath, keyword, params }: SchemaError): number {
  const depth = instancePath.split("/").length + (typeof params["missingProperty"] === "string" ? 1 : 0);
  return 3 * depth + (keyword === "type" ? 0 : keyword === "anyOf" ? 1 : 2);
}

function pathOf({ instancePath, params }: SchemaError): string {
  const names = instancePath
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const inner = params["missingProperty"] ?? params["additionalProperty"];
  if (typeof inner === "string") names.push(inner);
  return names.reduce((path, name) => {
    if (/^\d+$/.test(name)) return `${path}[${name}]`;
    return path === "" ? name : `${path}.${name}`;
  }, "");
}

function detailOf({ keyword, params, data, parentSchema, message }: SchemaError): string {
  switch (keyword) {
    case "additionalProperties": {
      const known = Object.keys(parentSchema?.properties ?? {});
      return known.length === 0
        ? "is unknown; none is known here"
        : `is unknown; known are ${known.join(", ")}`;
    }
    case "required":
      return "is missing";
    case "type":
      return wrongType([String(params["type"])], data);
    case "anyOf":
      return wrongType(
        (parentSchema?.anyOf ?? []).flatMap(({ type }) => type ?? []),
        data,
      );
    case "enum":
      return `must be one of ${(params["allowedValues"] as readonly unknown[]).join(", ")}`;
    case "format":
      return params["format"] === "uuid" ? "must be a UUID" : (message ?? "is not valid");
    default:
      return message ?? "is not valid";
  }
}

function wrongType(expected: readonly string[], data: unknown): string {
  if (typeof data === "number" && !Number.isFinite(data)) return "is too large for a number";
  const isFraction = typeof data === "number" && expected.includes("integer");
  return `must be ${expected.map(withArticle).join(" or ")}, but is ${isFraction ? data : nameOfType(data)}`;
}

const withArticle = (type: string): string => (/^[aio]/.test(type) ? `an ${type}` : `a ${type}`);

function nameOfType(data: unknown): string {
  if (data === null || data === undefined) return "null";
  return withArticle(Array.isArray(data) ? "array" : typeof data);
}
