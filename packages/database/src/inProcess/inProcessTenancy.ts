import type { AkiDb } from "@akidb/base";
import { operations } from "../operations/operations.ts";
import type { Execute } from "./execute.ts";

/** Tenants, their databases, and the jobs that delete them. */
export const inProcessTenancy = (execute: Execute): Pick<AkiDb, "tenants" | "databases" | "jobs"> => ({
  tenants: {
    create: (input, options) => execute(operations.createTenant, input, options),
    list: (page = {}, options) => execute(operations.listTenants, page, options),
    get: (tenant, options) => execute(operations.getTenant, { tenant }, options),
    update: (tenant, changes, options) => execute(operations.updateTenant, { ...changes, tenant }, options),
    delete: (tenant, options) => execute(operations.deleteTenant, { tenant }, options),
  },
  databases: {
    create: (input, options) => execute(operations.createDatabase, input, options),
    list: (page = {}, options) => execute(operations.listDatabases, page, options),
    get: (database, options) => execute(operations.getDatabase, { database }, options),
    update: (database, changes, options) =>
      execute(operations.updateDatabase, { ...changes, database }, options),
    delete: (database, options) => execute(operations.deleteDatabase, { database }, options),
  },
  jobs: { get: (job, options) => execute(operations.getJob, { job }, options) },
});
