import { parseId } from "@akidb/base";
import type { ApiKeyAttributes } from "./apiKey.ts";
import { catalogLimits as max } from "./catalogLimits.ts";
import { checkJsonObject } from "./checkJsonObject.ts";
import { checkLine, checkOneOf, checkTimestamp, type FieldCheck, refuseBadFields } from "./fieldCheck.ts";
import { roles } from "./role.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkApiKey(key: ApiKeyAttributes): void {
  refuseBadFields([
    checkLine("name", key.name, max.keyNameCharactersMax),
    checkRole(key),
    checkIds("databases", key.databases),
    checkIds("collections", key.collections),
    typeof key.readOnly === "boolean" ? undefined : { path: "read_only", detail: "must be true or false" },
    key.filter === null ? undefined : checkJsonObject("filter", key.filter),
    key.expiresAt === null ? undefined : checkTimestamp("expires_at", key.expiresAt),
  ]);
}

function checkRole({ role, userId }: ApiKeyAttributes): FieldCheck {
  if (role !== null) return checkOneOf("role", role, roles);
  return userId === null ? { path: "role", detail: "is needed for a key of no user" } : undefined;
}

function checkIds(path: string, ids: readonly string[] | null): FieldCheck {
  if (ids === null) return undefined;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > max.keyScopeIdsMax) {
    return { path, detail: `must name 1 to ${max.keyScopeIdsMax} of them, or be absent for all` };
  }
  const bad = ids.findIndex((id) => typeof id !== "string" || parseId(id) !== id);
  return bad === -1 ? undefined : { path: `${path}[${bad}]`, detail: "must be a UUID in lower case" };
}
