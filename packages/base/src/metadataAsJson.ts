import { invalidArgument } from "./errors.ts";
import { isPlainObject } from "./isPlainObject.ts";
import type { JsonObject } from "./json.ts";

/**
 * What other libraries hand over as metadata, as JSON has it: dates as text, nothing of what is undefined.
 *
 * @param path where it stands in the call
 * @throws AkiDbError `invalid_argument` where JSON cannot write it (cycles, BigInt), or makes no object of it
 */
export function metadataAsJson(metadata: unknown, path: string): JsonObject {
  const json = parsed(metadata, path);
  if (!isPlainObject(json)) throw invalidArgument(path, "must be an object");
  return json as JsonObject;
}

function parsed(metadata: unknown, path: string): unknown {
  try {
    return JSON.parse(JSON.stringify(metadata ?? {}));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidArgument(path, `cannot be written as JSON: ${reason}`);
  }
}
