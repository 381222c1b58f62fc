import type { CreateTenantInput, TenantInfo } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import { tenantAttributes } from "./tenantAttributes.ts";

export const createTenant = defineOperation<CreateTenantInput, TenantInfo>({
  name: "createTenant",
  permission: "tenant::create",
  resource: theServer,
  subject: ({ name }) => ({ type: "tenant", id: String(name) }),
  run: async ({ catalog, databases, makesDefaultDatabase, limits }, input) => {
    const { slug } = input;
    const made = await catalog.transaction(async (repositories) => {
      const { id } = await repositories.tenants.create({
        ...limits.defaultQuotas,
        ...tenantAttributes(input),
        name: input.name,
        ...(slug !== undefined && { slug }),
      });
      const tenant = await repositories.tenants.setStatus(id, "active");
      if (!makesDefaultDatabase) return { tenant, database: undefined };
      const database = await repositories.databases.create(id, { name: "default" });
      return { tenant, database: await repositories.databases.setState(database.id, "ready") };
    });
    if (made.database !== undefined) databases.put(made.database);
    return made.tenant;
  },
});
