import type { Resource } from "@akidb/access";
import type { OfTenant, TenantId } from "@akidb/base";
import type { OperationContext } from "../operation.ts";
import { findTenant } from "./findTenant.ts";

/** The tenant that a request is about: the caller's own where it names none. Rejects with `not_found`. */
export const chosenTenantId = async (
  context: OperationContext,
  tenant: string | undefined,
): Promise<TenantId> =>
  tenant === undefined ? context.principal.tenantId : (await findTenant(context, tenant)).id;

export const chosenTenant = async (context: OperationContext, { tenant }: OfTenant): Promise<Resource> => ({
  type: "tenant",
  id: await chosenTenantId(context, tenant),
});
