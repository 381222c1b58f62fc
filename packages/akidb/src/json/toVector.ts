import { invalidArgument, type JsonValue } from "@akidb/base";

/** @throws AkiDbError `invalid_argument` at `path` unless it is an array of numbers */
export function toVector(path: string, value: JsonValue): Float32Array {
  if (!Array.isArray(value) || value.length === 0)
    throw invalidArgument(path, "must be a JSON array of numbers");
  const wrong = value.findIndex((component) => typeof component !== "number");
  if (wrong >= 0) throw invalidArgument(`${path}[${wrong}]`, "must be a number");
  return Float32Array.from(value as number[]);
}
