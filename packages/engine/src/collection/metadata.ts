import {
  type AkiDbError,
  type FieldViolation,
  invalidArgument,
  isPlainObject,
  type JsonObject,
  limits,
} from "@akidb/base";

/** @returns the object as JSON; undefined where there is none, or with violations added */
export function encodeMetadata(
  input: unknown,
  bytesMax: number,
  violations: FieldViolation[],
): string | undefined {
  if (input === undefined) return undefined;
  if (!isPlainObject(input)) {
    violations.push({ path: "metadata", detail: "must be an object" });
    return undefined;
  }
  const violation = findNonJson(input, "metadata");
  if (violation !== undefined) {
    violations.push(violation);
    return undefined;
  }
  const json = encodeWithin(input as JsonObject, bytesMax);
  if (typeof json === "string") return json;
  violations.push(...json.violations);
  return undefined;
}

export function encodeWithin(metadata: JsonObject, bytesMax: number): string | AkiDbError {
  const json = JSON.stringify(metadata);
  const bytes = Buffer.byteLength(json);
  if (bytes <= bytesMax) return json;
  return invalidArgument("metadata", `has ${bytes} bytes as JSON; at most ${bytesMax} are allowed`);
}

export const decodeMetadata = (json: string): JsonObject => JSON.parse(json) as JsonObject;

/** What JSON would drop or change without a word: NaN, undefined, dates, class instances, cycles (as depth). */
export function findNonJson(
  value: unknown,
  path: string,
  depthLeft: number = limits.metadataDepthMax,
): FieldViolation | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : { path, detail: "must be a finite number" };
    case "object":
      if (value === null) return undefined;
      if (depthLeft === 0) {
        return { path, detail: `is nested deeper than ${limits.metadataDepthMax} levels` };
      }
      if (Array.isArray(value)) {
        return firstViolation(value.keys(), (index) =>
          findNonJson(value[index], `${path}[${index}]`, depthLeft - 1),
        );
      }
      if (!isPlainObject(value)) break;
      return firstViolation(Object.keys(value), (key) =>
        findNonJson(value[key], `${path}.${key}`, depthLeft - 1),
      );
  }
  return { path, detail: "must be null, a boolean, a number, a string, an array or a plain object" };
}

function firstViolation<Key>(
  keys: Iterable<Key>,
  find: (key: Key) => FieldViolation | undefined,
): FieldViolation | undefined {
  for (const key of keys) {
    const violation = find(key);
    if (violation !== undefined) return violation;
  }
  return undefined;
}
