import { createApiKey } from "./createApiKey.ts";
import { deleteApiKey } from "./deleteApiKey.ts";
import { getApiKey } from "./getApiKey.ts";
import { listApiKeys } from "./listApiKeys.ts";
import { revokeApiKey } from "./revokeApiKey.ts";

export const apiKeyOperations = { createApiKey, listApiKeys, getApiKey, revokeApiKey, deleteApiKey } as const;
