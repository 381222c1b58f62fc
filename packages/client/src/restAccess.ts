import type { AkiDb, CallerPermissions } from "@akidb/base";
import {
  ApiKeyList,
  ApiKeyResource,
  apiKeyFromWire,
  apiKeyListFromWire,
  CallerResource,
  CreatedApiKeyResource,
  callerFromWire,
  changePasswordToWire,
  createApiKeyToWire,
  createdApiKeyFromWire,
  createUserToWire,
  loginToWire,
  PermissionsResource,
  SessionTokensResource,
  sessionTokensFromWire,
  UserList,
  UserResource,
  updateUserToWire,
  userFromWire,
  userListFromWire,
} from "@akidb/protocol";
import { withQuery } from "./queryString.ts";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

/** Who may come in, over REST. */
export const restAccess = (requests: RestRequests): Pick<AkiDb, "users" | "apiKeys" | "auth"> => ({
  users: restUsers(requests),
  apiKeys: restApiKeys(requests),
  auth: restAuth(requests),
});

function restUsers(requests: RestRequests): AkiDb["users"] {
  const users = "/api/v1/users";
  const userPath = (user: string, tenant: string | undefined): string =>
    withQuery(`${users}/${pathSegment("user", user)}`, { tenant });
  return {
    create: async (input, options) => {
      const body = () => createUserToWire(input);
      const answer = await requests.send({ method: "POST", path: users, body, repeatable: false, options });
      return readAnswer(UserResource, userFromWire, answer);
    },

    list: async ({ tenant, limit, cursor } = {}, options) => {
      const path = withQuery(users, { tenant, limit, cursor });
      const answer = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(UserList, userListFromWire, answer);
    },

    get: async (user, { tenant, ...options } = {}) => {
      const path = userPath(user, tenant);
      const answer = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(UserResource, userFromWire, answer);
    },

    update: async (user, changes, { tenant, ...options } = {}) => {
      const answer = await requests.send({
        method: "PATCH",
        path: userPath(user, tenant),
        body: () => updateUserToWire(changes),
        repeatable: false,
        options,
      });
      return readAnswer(UserResource, userFromWire, answer);
    },

    delete: async (user, { tenant, ...options } = {}) => {
      await requests.send({ method: "DELETE", path: userPath(user, tenant), repeatable: false, options });
    },
  };
}

function restApiKeys(requests: RestRequests): AkiDb["apiKeys"] {
  const keys = "/api/v1/api-keys";
  const keyPath = (id: string): string => `${keys}/${pathSegment("apiKey", id)}`;
  return {
    create: async (input, options) => {
      const body = () => createApiKeyToWire(input);
      const answer = await requests.send({ method: "POST", path: keys, body, repeatable: false, options });
      return readAnswer(CreatedApiKeyResource, createdApiKeyFromWire, answer);
    },

    list: async ({ tenant, user, limit, cursor } = {}, options) => {
      const path = withQuery(keys, { tenant, user, limit, cursor });
      const answer = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(ApiKeyList, apiKeyListFromWire, answer);
    },

    get: async (id, options) => {
      const answer = await requests.send({ method: "GET", path: keyPath(id), repeatable: true, options });
      return readAnswer(ApiKeyResource, apiKeyFromWire, answer);
    },

    revoke: async (id, options) => {
      const path = `${keyPath(id)}/revoke`;
      const answer = await requests.send({ method: "POST", path, repeatable: true, options });
      return readAnswer(ApiKeyResource, apiKeyFromWire, answer);
    },

    delete: async (id, options) => {
      await requests.send({ method: "DELETE", path: keyPath(id), repeatable: false, options });
    },
  };
}

function restAuth(requests: RestRequests): AkiDb["auth"] {
  const auth = "/api/v1/auth";
  return {
    login: async (input, options) => {
      const path = `${auth}/login`;
      const body = () => loginToWire(input);
      const answer = await requests.send({ method: "POST", path, body, repeatable: false, options });
      return readAnswer(SessionTokensResource, sessionTokensFromWire, answer);
    },

    refresh: async (refreshToken, options) => {
      const answer = await requests.send({
        method: "POST",
        path: `${auth}/refresh`,
        body: () => ({ refresh_token: refreshToken }),
        // The second time would be taken for a thief's.
        repeatable: false,
        options,
      });
      return readAnswer(SessionTokensResource, sessionTokensFromWire, answer);
    },

    logout: async (options) => {
      await requests.send({ method: "POST", path: `${auth}/logout`, repeatable: false, options });
    },

    changePassword: async (input, options) => {
      const path = `${auth}/password`;
      const body = () => changePasswordToWire(input);
      await requests.send({ method: "POST", path, body, repeatable: false, options });
    },

    me: async (options) => {
      const answer = await requests.send({ method: "GET", path: `${auth}/me`, repeatable: true, options });
      return readAnswer(CallerResource, callerFromWire, answer);
    },

    permissions: async ({ database } = {}, options) => {
      const path = withQuery(`${auth}/permissions`, { database });
      const answer = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(PermissionsResource, (wire: PermissionsResource): CallerPermissions => wire, answer);
    },
  };
}
