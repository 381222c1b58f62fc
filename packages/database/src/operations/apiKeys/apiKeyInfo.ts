import type { ApiKeyInfo } from "@akidb/base";
import type { ApiKeyRecord } from "@akidb/catalog";

export const apiKeyInfo = (record: ApiKeyRecord): ApiKeyInfo => ({
  id: record.id,
  tenantId: record.tenantId,
  userId: record.userId,
  name: record.name,
  prefix: record.prefix,
  role: record.role,
  databases: record.databases,
  collections: record.collections,
  readOnly: record.readOnly,
  filter: record.filter,
  expiresAt: record.expiresAt,
  lastUsedAt: record.lastUsedAt,
  revokedAt: record.revokedAt,
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
});
