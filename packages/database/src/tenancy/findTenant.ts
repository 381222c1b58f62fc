import type { Resource } from "@akidb/access";
import { isAkiDbError, notFound, parseId } from "@akidb/base";
import type { TenantRecord } from "@akidb/catalog";
import { requireVisible } from "../access/resources.ts";
import type { OperationContext } from "../operation.ts";

/** Rejects with `not_found` where there is none, or none that the caller may know of. */
export async function findTenant(context: OperationContext, idOrSlug: string): Promise<TenantRecord> {
  const what = `tenant ${JSON.stringify(idOrSlug)}`;
  const { tenants } = context.catalog;
  const id = parseId<"tenant">(idOrSlug);
  const tenant =
    id === undefined ? await tenants.findBySlug(idOrSlug) : await tenants.get(id).catch(undefinedIfGone);
  if (tenant === undefined) throw notFound(what);
  requireVisible(context, tenant.id, what);
  return tenant;
}

/** What an operation is done to that names a tenant. */
export const namedTenant = async (
  context: OperationContext,
  { tenant }: { readonly tenant: string },
): Promise<Resource> => ({ type: "tenant", id: (await findTenant(context, tenant)).id });

function undefinedIfGone(error: unknown): undefined {
  if (isAkiDbError(error) && error.code === "not_found") return undefined;
  throw error;
}
