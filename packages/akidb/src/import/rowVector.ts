import { vectorFromWire } from "@akidb/client";
import { isJsonObject } from "../json/parseJson.ts";
import { toVector } from "../json/toVector.ts";
import { type FieldValue, isFloats } from "./row.ts";

/** `{"base64": …}`, as the REST API takes it. */
export const isBase64Vector = (value: FieldValue): value is { readonly base64: string } =>
  !isFloats(value) &&
  isJsonObject(value) &&
  typeof value["base64"] === "string" &&
  Object.keys(value).length === 1;

/** @throws AkiDbError `invalid_argument` at `path` unless it is an array of numbers or their bytes in base64 */
export function rowVector(path: string, value: FieldValue): Float32Array {
  if (isFloats(value)) return value instanceof Float32Array ? value : Float32Array.from(value);
  return isBase64Vector(value) ? vectorFromWire(value, path) : toVector(path, value);
}
