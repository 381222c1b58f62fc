import { operations } from "@akidb/database";
import {
  CreateTenantBody,
  createTenantFromWire,
  JobResource,
  jobToWire,
  PageQuery,
  TenantList,
  TenantPath,
  TenantResource,
  tenantListToWire,
  tenantToWire,
  UpdateTenantBody,
  updateTenantFromWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Tenants";
const url = "/api/v1/tenants";

export function addTenantRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "createTenant",
    tag,
    summary: "Create a tenant",
    description:
      "It is active at once, and has a database `default` unless `features.auto_initialize` is off. For whoever runs the server.",
    operation: operations.createTenant,
    body: CreateTenantBody,
    status: 201,
    response: TenantResource,
    input: ({ body }) => createTenantFromWire(body),
    output: tenantToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listTenants",
    tag,
    summary: "List tenants",
    operation: operations.listTenants,
    querystring: PageQuery,
    status: 200,
    response: TenantList,
    input: ({ query }) => query,
    output: tenantListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:tenant`,
    operationId: "getTenant",
    tag,
    summary: "Describe a tenant",
    operation: operations.getTenant,
    params: TenantPath,
    status: 200,
    response: TenantResource,
    input: ({ params }) => params,
    output: tenantToWire,
  });
  operationRoute(app, context, {
    method: "PATCH",
    url: `${url}/:tenant`,
    operationId: "updateTenant",
    tag,
    summary: "Change a tenant",
    description: "Requests of a tenant that is suspended are refused from then on with `tenant_suspended`.",
    operation: operations.updateTenant,
    params: TenantPath,
    body: UpdateTenantBody,
    status: 200,
    response: TenantResource,
    input: ({ params, body }) => ({ ...updateTenantFromWire(body), ...params }),
    output: tenantToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: `${url}/:tenant`,
    operationId: "deleteTenant",
    tag,
    summary: "Delete a tenant with all that it has",
    description:
      "Nobody of the tenant is answered any more; its users, keys, databases, collections, files and objects are removed " +
      "behind the answer, whatever happens. The job tells how far that is. Where it runs already, its job is the answer.",
    operation: operations.deleteTenant,
    params: TenantPath,
    status: 202,
    response: JobResource,
    input: ({ params }) => params,
    output: jobToWire,
  });
}
