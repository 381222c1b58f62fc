import type { AkiDb } from "@akidb/base";
import {
  createDatabaseFields,
  createTenantToWire,
  DatabaseList,
  DatabaseResource,
  databaseFromWire,
  databaseListFromWire,
  JobResource,
  jobFromWire,
  TenantList,
  TenantResource,
  tenantFromWire,
  tenantListFromWire,
  updateDatabaseFields,
  updateTenantToWire,
} from "@akidb/protocol";
import { jsonResources } from "./jsonResources.ts";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

export const databasesPath = "/api/v1/databases";
const tenantsPath = "/api/v1/tenants";
const jobsPath = "/api/v1/jobs";

/** Tenants, their databases, and the jobs that delete them. */
export const restTenancy = (requests: RestRequests): Pick<AkiDb, "tenants" | "databases" | "jobs"> => ({
  tenants: jsonResources(requests, {
    path: tenantsPath,
    noun: "tenant",
    schemas: { item: TenantResource, list: TenantList },
    fromWire: tenantFromWire,
    listFromWire: tenantListFromWire,
    createToWire: createTenantToWire,
    updateToWire: updateTenantToWire,
  }),
  databases: jsonResources(requests, {
    path: databasesPath,
    noun: "database",
    schemas: { item: DatabaseResource, list: DatabaseList },
    fromWire: databaseFromWire,
    listFromWire: databaseListFromWire,
    createToWire: createDatabaseFields,
    updateToWire: updateDatabaseFields,
  }),
  jobs: {
    get: async (id, options) => {
      const path = `${jobsPath}/${pathSegment("job", id)}`;
      const body = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(JobResource, jobFromWire, body);
    },
  },
});
