import { failedPrecondition, type TenantId } from "@akidb/base";
import { autoInitialize, type Catalog } from "@akidb/catalog";
import type { DatabaseLimits } from "../databaseLimits.ts";
import { damagedServerTenant } from "./damagedServerTenant.ts";

export interface ServerTenantOptions {
  readonly catalog: Catalog;
  /** Whether it, and its database, may be made. */
  readonly mayCreate: boolean;
  readonly limits: Pick<DatabaseLimits, "defaultQuotas">;
}

/**
 * The tenant whose admins run the server, and which has the database that is asked where none is named.
 *
 * Rejects with `failed_precondition` where there is none and none may be made, and where damage leaves it open which one it is.
 */
export async function openServerTenant({
  catalog,
  mayCreate,
  limits,
}: ServerTenantOptions): Promise<TenantId> {
  const known = catalog.damagedRows.length > 0 ? await damagedServerTenant(catalog) : undefined;
  if (known !== undefined) return known;
  if (mayCreate) return (await autoInitialize(catalog, limits.defaultQuotas)).tenant.id;
  const tenant = await catalog.tenants.findBySlug("default");
  const database = tenant && (await catalog.databases.findByName(tenant.id, "default"));
  if (database === undefined) {
    throw failedPrecondition(
      "the data directory has no default database, and features.auto_initialize is off; turn it on for the first start",
    );
  }
  return database.tenantId;
}
