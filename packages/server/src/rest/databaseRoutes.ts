import { operations } from "@akidb/database";
import {
  CreateDatabaseBody,
  createDatabaseFields,
  DatabaseList,
  DatabasePath,
  DatabaseResource,
  databaseListToWire,
  databaseToWire,
  JobResource,
  jobToWire,
  PageQuery,
  UpdateDatabaseBody,
  updateDatabaseFields,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Databases";
const url = "/api/v1/databases";

export function addDatabaseRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "createDatabase",
    tag,
    summary: "Create a database",
    operation: operations.createDatabase,
    body: CreateDatabaseBody,
    status: 201,
    response: DatabaseResource,
    input: ({ body }) => createDatabaseFields(body),
    output: databaseToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listDatabases",
    tag,
    summary: "List the databases of the caller's tenant",
    operation: operations.listDatabases,
    querystring: PageQuery,
    status: 200,
    response: DatabaseList,
    input: ({ query }) => query,
    output: databaseListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:database`,
    operationId: "getDatabase",
    tag,
    summary: "Describe a database",
    operation: operations.getDatabase,
    params: DatabasePath,
    status: 200,
    response: DatabaseResource,
    input: ({ params }) => params,
    output: databaseToWire,
  });
  operationRoute(app, context, {
    method: "PATCH",
    url: `${url}/:database`,
    operationId: "updateDatabase",
    tag,
    summary: "Change a database",
    operation: operations.updateDatabase,
    params: DatabasePath,
    body: UpdateDatabaseBody,
    status: 200,
    response: DatabaseResource,
    input: ({ params, body }) => ({ ...updateDatabaseFields(body), ...params }),
    output: databaseToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: `${url}/:database`,
    operationId: "deleteDatabase",
    tag,
    summary: "Delete a database with its collections",
    description:
      "Its collections are not served any more; they, their files and objects are removed behind the answer, whatever " +
      "happens. The job tells how far that is. Where it runs already, its job is the answer.",
    operation: operations.deleteDatabase,
    params: DatabasePath,
    status: 202,
    response: JobResource,
    input: ({ params }) => params,
    output: jobToWire,
  });
}
