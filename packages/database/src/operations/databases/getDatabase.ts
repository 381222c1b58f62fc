import type { DatabaseInfo } from "@akidb/base";
import { namedDatabase } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

/** `database` is a name or an id, here and in every operation. */
export interface DatabaseReference {
  readonly database: string;
}

export const getDatabase = defineOperation<DatabaseReference, DatabaseInfo>({
  name: "getDatabase",
  permission: "database::read",
  resource: namedDatabase,
  audited: "as_data",
  underFilter: "unaffected",
  run: async ({ databases, principal }, { database }) => databases.find(principal.tenantId, database),
});
