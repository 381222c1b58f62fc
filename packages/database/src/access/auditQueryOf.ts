import {
  type AuditLogQuery,
  formatTimestamp,
  invalidArgument,
  notFound,
  parseId,
  type UserId,
} from "@akidb/base";
import type { AuditQuery } from "@akidb/catalog";
import type { OperationContext } from "../operation.ts";
import { timeWithZone } from "../timeWithZone.ts";
import { chosenTenant } from "./chosenTenant.ts";
import { ownTenant, theServer } from "./resources.ts";

/** What somebody needs to be permitted who asks for this part of the audit log. */
export const auditRequirements = {
  resource: async (context: OperationContext, { tenant, allTenants }: AuditLogQuery) => {
    if (tenant !== undefined && allTenants) {
      throw invalidArgument("tenant", "must not be given together with all_tenants");
    }
    return tenant === undefined
      ? ownTenant(context)
      : ({ type: "tenant", id: await chosenTenant(context, tenant) } as const);
  },
  further: (_: OperationContext, { allTenants = false }: AuditLogQuery) =>
    allTenants ? [{ action: "server::admin", resource: theServer() } as const] : [],
};

/** Rejects with `invalid_argument`, and with `not_found` for an e-mail that nobody in the tenant has. */
export async function auditQueryOf(
  context: OperationContext,
  { tenant, allTenants = false, user, since, until, ...query }: AuditLogQuery,
): Promise<AuditQuery> {
  const { action, result, resourceType, resourceId } = query;
  const tenantId = allTenants ? "all" : await chosenTenant(context, tenant);
  return {
    tenantId,
    checkIn: () => context.call.deadline.check(),
    ...(user !== undefined && { userId: await userNamed(context, tenantId, user) }),
    ...(action !== undefined && { action }),
    ...(result !== undefined && { result }),
    ...(resourceType !== undefined && { resourceType }),
    ...(resourceId !== undefined && { resourceId }),
    ...(since !== undefined && { since: formatTimestamp(timeWithZone("since", since)) }),
    ...(until !== undefined && { until: formatTimestamp(timeWithZone("until", until)) }),
  };
}

async function userNamed(
  { catalog }: OperationContext,
  tenantId: AuditQuery["tenantId"],
  idOrEmail: string,
): Promise<UserId> {
  const id = parseId<"user">(idOrEmail);
  if (id !== undefined) return id;
  if (tenantId === "all") throw invalidArgument("user", "must be an id where all tenants are asked for");
  const user = await catalog.users.findByEmail(tenantId, idOrEmail);
  if (user === undefined) throw notFound(`user ${JSON.stringify(idOrEmail)}`);
  return user.id;
}
