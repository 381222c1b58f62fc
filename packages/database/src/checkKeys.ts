import { invalidArgument } from "@akidb/base";

/**
 * @param keys ids and external ids of documents, as given
 * @throws AkiDbError `invalid_argument`
 */
export function checkKeys(keys: readonly string[], max: number): readonly string[] {
  if (!Array.isArray(keys)) throw invalidArgument("ids", "must be a list of ids and external ids");
  if (keys.length > max) throw invalidArgument("ids", `has ${keys.length} ids; at most ${max} are allowed`);
  const odd = keys.findIndex((key) => typeof key !== "string");
  if (odd !== -1) throw invalidArgument(`ids[${odd}]`, "must be a string");
  return keys;
}
