import { type ApiKeyInfo, type CreateApiKeyInput, type ListApiKeysInput, roles } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { ApiKey, ApiKeyServiceDefinition, References } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { filterOf } from "../fromMessage.ts";
import { emptyIsNull, nullsAbsent } from "../nullsAbsent.ts";
import { oneOf } from "../oneOf.ts";
import type { ServiceHandles } from "../service.ts";

export const apiKeyService: ServiceHandles<typeof ApiKeyServiceDefinition> = {
  createApiKey: async ({ user, role, databases, collections, filter, ...request }, session) => {
    const input = definedFields<CreateApiKeyInput>({
      ...request,
      user: emptyIsNull(user),
      role: oneOf(roles, role, "role"),
      databases: databases?.values,
      collections: collections?.values,
      filter: filterOf(filter),
    });
    const { secret, ...info } = await runOperation(operations.createApiKey, input, session);
    return { apiKey: apiKeyMessage(info), secret };
  },
  listApiKeys: async (request, session) => {
    const input = definedFields<ListApiKeysInput>(request);
    const { items, nextCursor } = await runOperation(operations.listApiKeys, input, session);
    return { apiKeys: items.map(apiKeyMessage), nextCursor };
  },
  getApiKey: async (reference, session) =>
    apiKeyMessage(await runOperation(operations.getApiKey, reference, session)),
  revokeApiKey: async (reference, session) =>
    apiKeyMessage(await runOperation(operations.revokeApiKey, reference, session)),
  deleteApiKey: async (reference, session) => {
    await runOperation(operations.deleteApiKey, reference, session);
    return {};
  },
};

export const apiKeyMessage = ({ id, databases, collections, ...info }: ApiKeyInfo): ApiKey => ({
  ...nullsAbsent(info),
  apiKeyId: id,
  databases: referencesMessage(databases),
  collections: referencesMessage(collections),
});

const referencesMessage = (ids: readonly string[] | null): References | undefined =>
  ids === null ? undefined : { values: [...ids] };
