import type { Resource } from "@akidb/access";
import type { ApiKeyId, TenantId, UserId } from "@akidb/base";
import { imaginedId } from "../../access/policies/imaginedId.ts";

/** Of a key that is not there yet, or of all keys of a user. */
const noKey = imaginedId<ApiKeyId>();

/** What is asked for where keys of a user are listed or made; of the tenant where they are of no user. */
export const keysOf = (tenantId: TenantId, userId: UserId | null, name = ""): Resource =>
  userId === null
    ? { type: "tenant", id: tenantId }
    : { type: "api_key", id: noKey, tenantId, name, prefix: "", userId };
