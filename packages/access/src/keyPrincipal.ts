import type { ApiKeyRecord, UserRecord } from "@akidb/catalog";
import { unauthenticated } from "./keys/presentedCredential.ts";
import type { ApiKeyPrincipal, Principal } from "./principal.ts";

/**
 * Whoever acts by a key.
 *
 * @param user whose key it is; undefined for a key of no user
 * @throws AkiDbError `unauthenticated` for a key with no role at all
 */
export function keyPrincipal(key: ApiKeyRecord, user: UserRecord | undefined): ApiKeyPrincipal {
  const { id: apiKeyId, tenantId, name, prefix, userId, databases, collections, readOnly, filter } = key;
  const scope = { databases, collections, readOnly, filter };
  return { kind: "api_key", apiKeyId, tenantId, name, prefix, userId, scope, roles: rolesOf(key, user) };
}

function rolesOf({ role }: ApiKeyRecord, user: UserRecord | undefined): Principal["roles"] {
  if (user === undefined) {
    if (role === null) throw unauthenticated();
    return [role];
  }
  return role === null || role === user.role ? [user.role] : [role, user.role];
}
