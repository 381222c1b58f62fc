import { invalidArgument, type JsonObject } from "@akidb/base";
import { isJsonObject, parseJson } from "../json/parseJson.ts";

/** @throws AkiDbError `invalid_argument` for anything but an object */
export function parseMetadata(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok) throw invalidArgument("--metadata", parsed.error);
  if (isJsonObject(parsed.value)) return parsed.value;
  throw invalidArgument("--metadata", "must be a JSON object");
}
