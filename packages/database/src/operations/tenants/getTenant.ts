import type { TenantInfo } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { findTenant, namedTenant } from "../../tenancy/findTenant.ts";

/** `tenant` is an id or a slug, here and in every operation. */
export interface TenantReference {
  readonly tenant: string;
}

export const getTenant = defineOperation<TenantReference, TenantInfo>({
  name: "getTenant",
  permission: "tenant::read",
  resource: namedTenant,
  run: (context, { tenant }) => findTenant(context, tenant),
});
