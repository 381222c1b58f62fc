import type { Job } from "@akidb/base";
import { namedDatabase } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import { requireNotBasic } from "../../tenancy/requireNotBasic.ts";
import type { DatabaseReference } from "./getDatabase.ts";

export const deleteDatabase = defineOperation<DatabaseReference, Job>({
  name: "deleteDatabase",
  permission: "database::delete",
  resource: namedDatabase,
  run: async (context, { database }) => {
    const record = context.databases.find(context.principal.tenantId, database);
    requireNotBasic(context, record, "deleted");
    return await context.deletions.deleteDatabase(record.id);
  },
});
