import type { CreateTenantInput } from "@akidb/base";
import type { TenantAttributes } from "@akidb/catalog";

/** What a tenant may be created with, and what of it may change. */
export const tenantAttributes = ({
  name,
  externalId,
  memoryQuotaBytes,
  storageQuotaBytes,
  qpsQuota,
  metadata,
}: Partial<CreateTenantInput>): Partial<TenantAttributes> => ({
  ...(name !== undefined && { name }),
  ...(externalId !== undefined && { externalId }),
  ...(memoryQuotaBytes !== undefined && { memoryQuotaBytes }),
  ...(storageQuotaBytes !== undefined && { storageQuotaBytes }),
  ...(qpsQuota !== undefined && { qpsQuota }),
  ...(metadata !== undefined && { metadata }),
});
