import { parseId } from "@akidb/base";
import type { Catalog, TenantRecord } from "@akidb/catalog";
import { orUndefined } from "../access/orUndefined.ts";

/** By id or slug, whoever asks; undefined where there is none. */
export async function lookUpTenant(
  { tenants }: Pick<Catalog, "tenants">,
  idOrSlug: string,
): Promise<TenantRecord | undefined> {
  const id = parseId<"tenant">(idOrSlug);
  return id === undefined ? await tenants.findBySlug(idOrSlug) : await orUndefined(tenants.get(id));
}
