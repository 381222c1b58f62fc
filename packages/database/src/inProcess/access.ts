import type { AkiDb, CallOptions, OfTenant } from "@akidb/base";
import { operations } from "../operations/operations.ts";
import type { Execute } from "./execute.ts";

/** Who may come in, for a program that has the database in its own process. */
export const accessInProcess = (execute: Execute): Pick<AkiDb, "users" | "apiKeys" | "auth"> => ({
  users: {
    create: (input, options) => execute(operations.createUser, input, options),
    list: (input = {}, options) => execute(operations.listUsers, input, options),
    get: (user, options) => execute(operations.getUser, { user, ...tenantOf(options) }, options),
    update: (user, changes, options) =>
      execute(operations.updateUser, { ...changes, user, ...tenantOf(options) }, options),
    delete: (user, options) => execute(operations.deleteUser, { user, ...tenantOf(options) }, options),
  },
  apiKeys: {
    create: (input, options) => execute(operations.createApiKey, input, options),
    list: (input = {}, options) => execute(operations.listApiKeys, input, options),
    get: (apiKey, options) => execute(operations.getApiKey, { apiKey }, options),
    revoke: (apiKey, options) => execute(operations.revokeApiKey, { apiKey }, options),
    delete: (apiKey, options) => execute(operations.deleteApiKey, { apiKey }, options),
  },
  auth: {
    login: (input, options) => execute(operations.login, input, options),
    refresh: (refreshToken, options) => execute(operations.refresh, { refreshToken }, options),
    logout: (options) => execute(operations.logout, {}, options),
    changePassword: (input, options) => execute(operations.changePassword, input, options),
    me: (options) => execute(operations.me, {}, options),
    permissions: (input = {}, options) => execute(operations.permissions, input, options),
  },
});

const tenantOf = ({ tenant }: OfTenant & CallOptions = {}): OfTenant =>
  tenant === undefined ? {} : { tenant };
