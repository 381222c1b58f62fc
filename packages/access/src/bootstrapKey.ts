import { invalidArgument, type Random, type TenantId } from "@akidb/base";
import type { Catalog } from "@akidb/catalog";
import { type ApiKeySecret, makeApiKey, parseApiKey } from "./keys/apiKeySecret.ts";

export interface Bootstrap {
  readonly catalog: Catalog;
  /** Whose admin the key is. */
  readonly tenantId: TenantId;
  /** Of `AKIDB_BOOTSTRAP_API_KEY`; made if undefined. */
  readonly given: string | undefined;
  readonly random: Random;
}

/**
 * The first admin key of a tenant that has neither users nor keys, so that somebody can come in; undefined where somebody
 * can already.
 *
 * @returns the key, for the caller to show once unless it was given
 *
 * Rejects with `invalid_argument` for a given key that has not the shape of one.
 */
export async function bootstrapKey(bootstrap: Bootstrap): Promise<ApiKeySecret | undefined> {
  const { catalog, tenantId, given, random } = bootstrap;
  const key = given === undefined ? makeApiKey(random) : parseApiKey(given);
  if (key === undefined) {
    throw invalidArgument(
      "AKIDB_BOOTSTRAP_API_KEY",
      'must be "akidb_" and 43 characters of base64url, which hold 32 random bytes',
    );
  }
  return await catalog.transaction(async ({ users, apiKeys }) => {
    const [{ items: someUsers }, { items: someKeys }] = [
      await users.list(tenantId, { limit: 1 }),
      await apiKeys.list(tenantId, { limit: 1 }),
    ];
    if (someUsers.length > 0 || someKeys.length > 0) return undefined;
    const { keyHash, prefix } = key;
    await apiKeys.create(tenantId, { name: "bootstrap", role: "admin", keyHash, prefix });
    return key;
  });
}
