import type { ApiKeyInfo, ApiKeys, CreateApiKeyInput, Page } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type { ApiKey, CreateApiKeyRequest, References } from "@akidb/protocol/grpc";
import { flag, list, name, role, struct, text, whole32 } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { fieldsOf, nullAsEmpty, nullsOf } from "../messageFields.ts";
import { sentPart } from "../sentPart.ts";

export const grpcApiKeys = (calls: GrpcCalls): ApiKeys => ({
  create: async (input, options) => {
    const { apiKey, secret } = await calls.send("apiKeys", "createApiKey", {
      request: () => createApiKeyMessage(input),
      repeatable: false,
      options,
    });
    return { ...apiKeyOf(sentPart(apiKey)), secret };
  },

  list: async (input = {}, options) => {
    const { apiKeys, nextCursor } = await calls.send("apiKeys", "listApiKeys", {
      request: () => fieldsOf(input, { limit: whole32, cursor: text, tenant: text, user: text }),
      repeatable: true,
      options,
    });
    return definedFields<Page<ApiKeyInfo>>({ items: apiKeys.map(apiKeyOf), nextCursor });
  },

  get: async (id, options) => {
    const request = () => ({ apiKey: name("api_key", id) });
    return apiKeyOf(await calls.send("apiKeys", "getApiKey", { request, repeatable: true, options }));
  },

  revoke: async (id, options) => {
    const request = () => ({ apiKey: name("api_key", id) });
    return apiKeyOf(await calls.send("apiKeys", "revokeApiKey", { request, repeatable: true, options }));
  },

  delete: async (id, options) => {
    const request = () => ({ apiKey: name("api_key", id) });
    await calls.send("apiKeys", "deleteApiKey", { request, repeatable: false, options });
  },
});

const createApiKeyMessage = (input: CreateApiKeyInput): CreateApiKeyRequest => ({
  ...fieldsOf(input, { name: text, role, filter: struct, expiresAt: text, tenant: text }),
  readOnly: flag("read_only", input.readOnly) ?? false,
  user: nullAsEmpty("user", input.user, name),
  databases: referencesMessage("databases", input.databases),
  collections: referencesMessage("collections", input.collections),
});

const referencesMessage = (path: string, given: readonly string[] | undefined): References | undefined =>
  given && { values: list(path, given).map((each, index) => text(`${path}[${index}]`, each)) };

export const apiKeyOf = ({ apiKeyId: id, databases, collections, ...key }: ApiKey): ApiKeyInfo =>
  nullsOf<ApiKeyInfo>({ id, ...key, databases: databases?.values, collections: collections?.values });
