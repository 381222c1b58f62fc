import type { Resource } from "@akidb/access";
import { type ApiKeyId, parseId, type TenantId, type UserId } from "@akidb/base";

/** Of a key that is not there yet, or of all keys of a user. */
const noKey = parseId<"api key">("00000000-0000-0000-0000-000000000000") as ApiKeyId;

/** What is asked for where keys of a user are listed or made; of the tenant where they are of no user. */
export const keysOf = (tenantId: TenantId, userId: UserId | null, name = ""): Resource =>
  userId === null
    ? { type: "tenant", id: tenantId }
    : { type: "api_key", id: noKey, tenantId, name, prefix: "", userId };
