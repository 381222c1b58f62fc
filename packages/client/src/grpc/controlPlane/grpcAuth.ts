import type { Auth, CallerInfo, CallerPermissions, SessionTokens } from "@akidb/base";
import type { SessionTokens as TokensMessage } from "@akidb/protocol/grpc";
import { text } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { fieldsOf } from "../messageFields.ts";
import { sentPart } from "../sentPart.ts";
import { apiKeyOf } from "./grpcApiKeys.ts";
import { userOf } from "./grpcUsers.ts";

export const grpcAuth = (calls: GrpcCalls): Auth => ({
  login: async (input, options) => {
    const request = () => fieldsOf(input, { tenant: text, email: text, password: text });
    return tokensOf(await calls.send("auth", "login", { request, repeatable: false, options }));
  },

  refresh: async (refreshToken, options) => {
    const request = () => ({ refreshToken: text("refresh_token", refreshToken) });
    // The second time would be taken for a thief's.
    return tokensOf(await calls.send("auth", "refresh", { request, repeatable: false, options }));
  },

  logout: async (options) => {
    await calls.send("auth", "logout", { request: () => ({}), repeatable: false, options });
  },

  changePassword: async (input, options) => {
    const request = () => fieldsOf(input, { currentPassword: text, newPassword: text });
    await calls.send("auth", "changePassword", { request, repeatable: false, options });
  },

  me: async (options) => {
    const request = () => ({});
    const answer = await calls.send("auth", "getCaller", { request, repeatable: true, options });
    return {
      kind: answer.kind as CallerInfo["kind"],
      tenantId: answer.tenantId,
      roles: answer.roles as unknown as CallerInfo["roles"],
      user: answer.user === undefined ? null : userOf(answer.user),
      apiKey: answer.apiKey === undefined ? null : apiKeyOf(answer.apiKey),
    };
  },

  permissions: async ({ database } = {}, options) => {
    const request = () => ({ database: text("database", database) });
    const { operations } = await calls.send("auth", "getPermissions", { request, repeatable: true, options });
    return { operations: operations as unknown as CallerPermissions["operations"] };
  },
});

const tokensOf = ({ user, ...tokens }: TokensMessage): SessionTokens => ({
  ...tokens,
  user: userOf(sentPart(user)),
});
