import type { LoginInput, PermissionsInput, SessionTokens } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { AuthServiceDefinition, SessionTokens as TokensMessage } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import type { ServiceHandles } from "../service.ts";
import { apiKeyMessage } from "./apiKeyService.ts";
import { userMessage } from "./userService.ts";

export const authService: ServiceHandles<typeof AuthServiceDefinition> = {
  login: async (request, session) => {
    const input = definedFields<LoginInput>(request);
    return tokensMessage(await runOperation(operations.login, input, session));
  },
  refresh: async (input, session) => tokensMessage(await runOperation(operations.refresh, input, session)),
  logout: async (_request, session) => {
    await runOperation(operations.logout, {}, session);
    return {};
  },
  changePassword: async (input, session) => {
    await runOperation(operations.changePassword, input, session);
    return {};
  },
  getCaller: async (_request, session) => {
    const { roles, user, apiKey, ...caller } = await runOperation(operations.me, {}, session);
    return {
      ...caller,
      roles: [...roles],
      user: user === null ? undefined : userMessage(user),
      apiKey: apiKey === null ? undefined : apiKeyMessage(apiKey),
    };
  },
  getPermissions: async (request, session) => {
    const input = definedFields<PermissionsInput>(request);
    const { operations: names } = await runOperation(operations.permissions, input, session);
    return { operations: [...names] };
  },
};

const tokensMessage = ({ user, ...tokens }: SessionTokens): TokensMessage => ({
  ...tokens,
  user: userMessage(user),
});
