import { AkiDbError, type CreateDatabaseInput, type DatabaseInfo } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export const createDatabase = defineOperation<CreateDatabaseInput, DatabaseInfo>({
  name: "createDatabase",
  permission: "database::create",
  resource: ownTenant,
  subject: ({ name }) => ({ type: "database", id: String(name) }),
  run: async ({ catalog, databases, principal }, { name, description }) => {
    const record = await catalog.transaction(async (repositories) => {
      // It was active when the caller came in; what is deleted must not get a new one behind it.
      const { status } = await repositories.tenants.get(principal.tenantId);
      if (status !== "active") throw new AkiDbError("tenant_suspended", "the tenant is not active any more");
      const made = await repositories.databases.create(principal.tenantId, {
        name,
        ...(description !== undefined && { description }),
      });
      return await repositories.databases.setState(made.id, "ready");
    });
    databases.put(record);
    return record;
  },
});
