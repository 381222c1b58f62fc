import type { DatabaseInfo, Page, PageRequest } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export const listDatabases = defineOperation<PageRequest, Page<DatabaseInfo>>({
  name: "listDatabases",
  permission: "database::read",
  resource: ownTenant,
  audited: "as_data",
  underFilter: "unaffected",
  run: ({ catalog, principal }, page) => catalog.databases.list(principal.tenantId, page),
});
