import type { Catalog } from "./catalog.ts";
import type { DatabaseRecord } from "./database.ts";
import type { TenantAttributes, TenantRecord } from "./tenant.ts";

/** Where a request goes that names neither tenant nor database. */
export interface DefaultPlace {
  readonly tenant: TenantRecord;
  readonly database: DatabaseRecord;
}

/**
 * Makes the tenant with the slug `default` and its database `default`, unless they exist: those are left as they are.
 *
 * @param quotas of the tenant, where it is made
 */
export function autoInitialize(
  catalog: Catalog,
  quotas: Partial<TenantAttributes> = {},
): Promise<DefaultPlace> {
  return catalog.transaction(async ({ tenants, databases }) => {
    const tenant =
      (await tenants.findBySlug("default")) ??
      (await tenants.setStatus(
        (
          await tenants.create({ ...quotas, name: "default", slug: "default" })
        ).id,
        "active",
      ));
    const database =
      (await databases.findByName(tenant.id, "default")) ??
      (await databases.setState((await databases.create(tenant.id, { name: "default" })).id, "ready"));
    return { tenant, database };
  });
}
