import type { Page, PageRequest, TenantInfo } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export const listTenants = defineOperation<PageRequest, Page<TenantInfo>>({
  name: "listTenants",
  permission: "tenant::read",
  resource: theServer,
  run: ({ catalog }, page) => catalog.tenants.list(page),
});
