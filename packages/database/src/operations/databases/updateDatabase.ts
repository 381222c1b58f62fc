import type { DatabaseInfo, UpdateDatabaseInput } from "@akidb/base";
import { namedDatabase } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import { requireNotBasic } from "../../tenancy/requireNotBasic.ts";
import { requireServedDatabase } from "../../tenancy/requireServedDatabase.ts";
import type { DatabaseReference } from "./getDatabase.ts";

export const updateDatabase = defineOperation<UpdateDatabaseInput & DatabaseReference, DatabaseInfo>({
  name: "updateDatabase",
  permission: "database::update",
  resource: namedDatabase,
  run: async (context, { database, name, description }) => {
    const { catalog, databases, principal } = context;
    const current = databases.find(principal.tenantId, database);
    const isRenamed = name !== undefined && name !== current.name;
    if (isRenamed) requireNotBasic(context, current, "renamed");
    const record = await catalog.transaction(async (repositories) => {
      const found = await requireServedDatabase(repositories, current.id);
      if (!isRenamed && description === undefined) return found;
      return await repositories.databases.update(current.id, {
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
      });
    });
    databases.put(record);
    return record;
  },
});
