import {
  failedPrecondition,
  invalidArgument,
  invalidState,
  settableTenantStatuses,
  type TenantInfo,
  type UpdateTenantInput,
} from "@akidb/base";
import type { Repositories, TenantRecord } from "@akidb/catalog";
import { defineOperation } from "../../operation.ts";
import { databasesOf } from "../../tenancy/databasesOf.ts";
import { findTenant, namedTenant } from "../../tenancy/findTenant.ts";
import type { TenantReference } from "./getTenant.ts";
import { tenantAttributes } from "./tenantAttributes.ts";

type Status = NonNullable<UpdateTenantInput["status"]>;

export const updateTenant = defineOperation<UpdateTenantInput & TenantReference, TenantInfo>({
  name: "updateTenant",
  permission: "tenant::update",
  resource: namedTenant,
  run: async (context, { tenant, status, ...changes }) => {
    const { catalog, serverTenantId } = context;
    const { id } = await findTenant(context, tenant);
    if (status !== undefined && !settableTenantStatuses.includes(status)) {
      throw invalidArgument("status", `must be one of ${settableTenantStatuses.join(", ")}`);
    }
    if (id === serverTenantId && status !== undefined && status !== "active") {
      throw failedPrecondition("the default tenant runs the server and has to be active");
    }
    return await catalog.transaction(async (repositories) => {
      const current = await repositories.tenants.get(id);
      const changed = await changeStatus(repositories, current, status);
      const attributes = tenantAttributes(changes);
      return Object.keys(attributes).length === 0
        ? changed
        : await repositories.tenants.update(id, attributes);
    });
  },
});

/** One that is deleted changes no more; one with a database that is deleted would look the same, so it waits for that. */
async function changeStatus(
  repositories: Repositories,
  tenant: TenantRecord,
  status: Status | undefined,
): Promise<TenantRecord> {
  const isLast = tenant.status === "decommissioned" || status === "decommissioned";
  const owned = isLast ? await databasesOf(repositories, tenant.id) : [];
  if (owned.some(({ state }) => state === "deleting")) {
    throw invalidState(
      tenant.status === "decommissioned"
        ? `tenant "${tenant.slug}" is being deleted`
        : `a database of tenant "${tenant.slug}" is being deleted; it can be decommissioned afterwards`,
    );
  }
  return status === undefined || status === tenant.status
    ? tenant
    : await repositories.tenants.setStatus(tenant.id, status);
}
