import { operations } from "@akidb/database";
import {
  CreateUserBody,
  OfTenantQuery,
  PageOfTenantQuery,
  UpdateUserBody,
  UserList,
  UserPath,
  UserResource,
  userListToWire,
  userToWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Users and keys";
const url = "/api/v1/users";

export function addUserRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "createUser",
    tag,
    summary: "Create a user",
    operation: operations.createUser,
    body: CreateUserBody,
    status: 201,
    response: UserResource,
    input: ({ body }) => body,
    output: userToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listUsers",
    tag,
    summary: "List users",
    operation: operations.listUsers,
    querystring: PageOfTenantQuery,
    status: 200,
    response: UserList,
    input: ({ query }) => query,
    output: userListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:user`,
    operationId: "getUser",
    tag,
    summary: "Describe a user",
    operation: operations.getUser,
    params: UserPath,
    querystring: OfTenantQuery,
    status: 200,
    response: UserResource,
    input: ({ params, query }) => ({ ...params, ...query }),
    output: userToWire,
  });
  operationRoute(app, context, {
    method: "PATCH",
    url: `${url}/:user`,
    operationId: "updateUser",
    tag,
    summary: "Change a user's e-mail, password, role or status",
    description: "Another password, or a status that is not `active`, ends the user's sessions.",
    operation: operations.updateUser,
    params: UserPath,
    querystring: OfTenantQuery,
    body: UpdateUserBody,
    status: 200,
    response: UserResource,
    input: ({ params, query, body }) => ({ ...body, ...params, ...query }),
    output: userToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: `${url}/:user`,
    operationId: "deleteUser",
    tag,
    summary: "Delete a user with its keys and sessions",
    operation: operations.deleteUser,
    params: UserPath,
    querystring: OfTenantQuery,
    status: 204,
    input: ({ params, query }) => ({ ...params, ...query }),
    output: () => undefined,
  });
}
