import { notFound, parseId, type TenantId } from "@akidb/base";
import type { OperationContext } from "../operation.ts";
import { orUndefined } from "./orUndefined.ts";
import { requireVisible } from "./resources.ts";

/**
 * The tenant that a request is about.
 *
 * @param idOrSlug the caller's own if undefined
 *
 * Rejects with `not_found`, also for one that the caller may not know of.
 */
export async function chosenTenant(
  context: OperationContext,
  idOrSlug: string | undefined,
): Promise<TenantId> {
  const { catalog, principal } = context;
  if (idOrSlug === undefined) return principal.tenantId;
  const what = `tenant ${JSON.stringify(idOrSlug)}`;
  const id = parseId<"tenant">(idOrSlug);
  const found =
    id === undefined
      ? await catalog.tenants.findBySlug(idOrSlug)
      : await orUndefined(catalog.tenants.get(id));
  if (found === undefined) throw notFound(what);
  requireVisible(context, found.id, what);
  return found.id;
}
