import { isPlainObject, type JsonObject, limits } from "@akidb/base";
import type { FieldCheck } from "./fieldCheck.ts";

/** Of an object that is to come back from JSON as it went in. */
export function checkJsonObject(path: string, value: JsonObject): FieldCheck {
  if (!isPlainObject(value)) return { path, detail: "must be a JSON object" };
  const bad = findBadValue(path, value, 1);
  if (bad !== undefined) return bad;
  if (Buffer.byteLength(JSON.stringify(value)) > limits.metadataBytesMax) {
    return { path, detail: `must have at most ${limits.metadataBytesMax} bytes as JSON` };
  }
  return undefined;
}

function findBadValue(path: string, value: unknown, depth: number): FieldCheck {
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : { path, detail: "must be finite" };
  }
  if (typeof value === "string") {
    return value.isWellFormed() ? undefined : { path, detail: "holds half a surrogate pair" };
  }
  if (!Array.isArray(value) && !isPlainObject(value)) return { path, detail: "has no form in JSON" };
  // Cycles end here, too.
  if (depth > limits.metadataDepthMax) {
    return { path, detail: `is nested deeper than ${limits.metadataDepthMax} levels` };
  }
  for (const [key, item] of Object.entries(value)) {
    if (!key.isWellFormed()) return { path, detail: "has a key with half a surrogate pair" };
    const bad = findBadValue(Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, item, depth + 1);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
