import { failedPrecondition, parseId, type TenantId } from "@akidb/base";
import type { Catalog } from "@akidb/catalog";
import { eachItem } from "./eachItem.ts";

/**
 * Which tenant is the server's own though rows of the catalog are damaged, its own among them perhaps: no other is made
 * in its place, which would have its name and none of its data.
 *
 * Undefined where every tenant is whole, and none of them is it. Rejects with `failed_precondition` where nobody can know.
 */
export async function damagedServerTenant(catalog: Catalog): Promise<TenantId | undefined> {
  const whole = new Set<TenantId>();
  for await (const { id, slug } of eachItem((page) => catalog.tenants.list(page))) {
    if (slug === "default") return id;
    whole.add(id);
  }
  const damaged = catalog.damagedRows.filter(({ table }) => table === "tenants");
  const [first] = damaged;
  if (first === undefined) return undefined;
  // Each database names its tenant, also where it is the tenant's id that has changed.
  const missing = new Set<TenantId>();
  for await (const { tenantId } of eachItem((page) => catalog.databases.list("all", page))) {
    if (!whole.has(tenantId)) missing.add(tenantId);
  }
  const [id = parseId<"tenant">(first.id), ...others] = missing;
  if (id !== undefined && damaged.length === 1 && others.length === 0) return id;
  const rows = damaged.map((row) => row.id).join(", ");
  throw failedPrecondition(
    `rows ${rows} of tenants in catalog.db are damaged, one of them the default tenant's: put catalog.db back from a copy`,
  );
}
