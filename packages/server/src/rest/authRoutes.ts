import { operations } from "@akidb/database";
import {
  CallerResource,
  ChangePasswordBody,
  callerToWire,
  changePasswordFromWire,
  LoginBody,
  PermissionsQuery,
  PermissionsResource,
  permissionsToWire,
  RefreshBody,
  SessionTokensResource,
  sessionTokensToWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Users and keys";
const url = "/api/v1/auth";

export function addAuthRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/login`,
    operationId: "login",
    tag,
    summary: "Log in by e-mail and password",
    description:
      "The answer is the same, and takes as long, whatever is wrong. Failures make an account and an address wait.",
    operation: operations.login,
    body: LoginBody,
    status: 200,
    response: SessionTokensResource,
    input: ({ body }) => body,
    output: sessionTokensToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/refresh`,
    operationId: "refresh",
    tag,
    summary: "Get the next two tokens for a refresh token",
    description: "It is used up; one that was used before ends its session.",
    operation: operations.refresh,
    body: RefreshBody,
    status: 200,
    response: SessionTokensResource,
    input: ({ body }) => ({ refreshToken: body.refresh_token }),
    output: sessionTokensToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/logout`,
    operationId: "logout",
    tag,
    summary: "End the session of the access token",
    operation: operations.logout,
    status: 204,
    input: () => ({}),
    output: () => undefined,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/password`,
    operationId: "changePassword",
    tag,
    summary: "Change the own password",
    description: "Ends all sessions of the user, this one included.",
    operation: operations.changePassword,
    body: ChangePasswordBody,
    status: 204,
    input: ({ body }) => changePasswordFromWire(body),
    output: () => undefined,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/me`,
    operationId: "getCaller",
    tag,
    summary: "Tell the caller who it is",
    operation: operations.me,
    status: 200,
    response: CallerResource,
    input: () => ({}),
    output: callerToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/permissions`,
    operationId: "getPermissions",
    tag,
    summary: "Tell the caller what it may do in a database",
    operation: operations.permissions,
    querystring: PermissionsQuery,
    status: 200,
    response: PermissionsResource,
    input: ({ query }) => query,
    output: permissionsToWire,
  });
}
