import { isPlainObject } from "./isPlainObject.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * JSON Merge Patch (RFC 7396). Neither argument is changed; members keep their order, new ones come last.
 *
 * @param patch no deeper than a caller's stack may be
 */
export function mergePatch(target: JsonObject | undefined, patch: JsonObject): JsonObject {
  const members = new Map(Object.entries(target ?? {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, mergedValue(members.get(name), value));
  }
  // Unlike an assignment it gives an object a member of any name, `__proto__` among them.
  return Object.fromEntries(members);
}

function mergedValue(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isPlainObject(patch)) return patch;
  return mergePatch(isPlainObject(target) ? (target as JsonObject) : undefined, patch as JsonObject);
}
