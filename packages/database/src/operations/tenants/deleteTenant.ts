import type { Job } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { findTenant, namedTenant } from "../../tenancy/findTenant.ts";
import type { TenantReference } from "./getTenant.ts";

export const deleteTenant = defineOperation<TenantReference, Job>({
  name: "deleteTenant",
  permission: "tenant::delete",
  resource: namedTenant,
  run: async (context, { tenant }) => context.deletions.deleteTenant((await findTenant(context, tenant)).id),
});
