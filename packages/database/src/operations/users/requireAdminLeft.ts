import { invalidState, type TenantId } from "@akidb/base";
import type { ApiKeyRecord, Repositories, UserRecord } from "@akidb/catalog";
import type { OperationContext } from "../../operation.ts";
import { eachItem } from "../../tenancy/eachItem.ts";

/** Whether it can let others into its tenant. */
export const isActiveAdmin = ({ role, status }: Pick<UserRecord, "role" | "status">): boolean =>
  role === "admin" && status === "active";

/** The same of a key; one of a user's goes with its user. */
export const isAdminKey = (
  { role, userId, revokedAt, expiresAt }: ApiKeyRecord,
  { clock }: Pick<OperationContext, "clock">,
): boolean =>
  role === "admin" &&
  userId === null &&
  revokedAt === null &&
  (expiresAt === null || Date.parse(expiresAt) > clock.nowMs());

/**
 * To be called in the transaction that has taken an admin away: nobody locks the own tenant. Whoever runs the server, or has
 * its files, may, and can mend it.
 *
 * Rejects with `invalid_state`.
 */
export async function requireAdminLeft(
  context: OperationContext,
  { users, apiKeys }: Repositories,
  tenantId: TenantId,
): Promise<void> {
  const { kind, tenantId: own } = context.principal;
  if (kind === "local" || kind === "owner" || own !== tenantId) return;
  for await (const user of eachItem((page) => users.list(tenantId, page))) if (isActiveAdmin(user)) return;
  for await (const key of eachItem((page) => apiKeys.list(tenantId, page))) {
    if (isAdminKey(key, context)) return;
  }
  throw invalidState("the tenant would be left without an admin: make another one first");
}
