import { catalogLimits as max } from "./catalogLimits.ts";
import { checkJsonObject } from "./checkJsonObject.ts";
import { checkInteger, checkLine, type FieldCheck, refuseBadFields } from "./fieldCheck.ts";
import type { TenantAttributes } from "./tenant.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkTenant(tenant: TenantAttributes): void {
  refuseBadFields([
    checkLine("name", tenant.name, max.tenantNameCharactersMax),
    checkSlug("slug", tenant.slug),
    tenant.externalId === null
      ? undefined
      : checkLine("external_id", tenant.externalId, max.externalIdCharactersMax),
    checkInteger("memory_quota_bytes", tenant.memoryQuotaBytes, 0, Number.MAX_SAFE_INTEGER),
    checkInteger("storage_quota_bytes", tenant.storageQuotaBytes, 0, Number.MAX_SAFE_INTEGER),
    checkInteger("qps_quota", tenant.qpsQuota, 1, Number.MAX_SAFE_INTEGER),
    checkJsonObject("metadata", tenant.metadata),
  ]);
}

function checkSlug(path: string, value: string): FieldCheck {
  const sound = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && value.length <= max.slugCharactersMax;
  if (sound) return undefined;
  return {
    path,
    detail:
      `must have 1 to ${max.slugCharactersMax} characters: ` +
      `lower-case ASCII letters and digits, in groups joined by one "-"`,
  };
}
