import type { Resource } from "@akidb/access";
import { notFound } from "@akidb/base";
import type { TenantRecord } from "@akidb/catalog";
import { requireVisible } from "../access/resources.ts";
import type { OperationContext } from "../operation.ts";
import { lookUpTenant } from "./lookUpTenant.ts";

/** Rejects with `not_found` where there is none, or none that the caller may know of. */
export async function findTenant(context: OperationContext, idOrSlug: string): Promise<TenantRecord> {
  const what = `tenant ${JSON.stringify(idOrSlug)}`;
  const tenant = await lookUpTenant(context.catalog, idOrSlug);
  if (tenant === undefined) throw notFound(what);
  requireVisible(context, tenant.id, what);
  return tenant;
}

/** What an operation is done to that names a tenant. */
export const namedTenant = async (
  context: OperationContext,
  { tenant }: { readonly tenant: string },
): Promise<Resource> => ({ type: "tenant", id: (await findTenant(context, tenant)).id });
