import { invalidArgument, type JsonObject } from "@akidb/base";
import { isJsonObject, parseJson } from "../json/parseJson.ts";

export const filterHelp = "only documents whose metadata passes";

/** @throws AkiDbError `invalid_argument`; what the filter says is the database's to check */
export function parseFilterOption(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok) throw invalidArgument("--filter", parsed.error);
  if (!isJsonObject(parsed.value)) throw invalidArgument("--filter", "must be a JSON object");
  return parsed.value;
}
