import type { TenantId } from "@akidb/base";
import type { OperationContext } from "../operation.ts";
import { findTenant } from "../tenancy/findTenant.ts";

/**
 * The tenant that a request is about.
 *
 * @param idOrSlug the caller's own if undefined
 *
 * Rejects with `not_found`, also for one that the caller may not know of.
 */
export const chosenTenant = async (
  context: OperationContext,
  idOrSlug: string | undefined,
): Promise<TenantId> =>
  idOrSlug === undefined ? context.principal.tenantId : (await findTenant(context, idOrSlug)).id;
