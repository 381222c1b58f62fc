import { limits } from "@akidb/base";
import type { TenantAttributes } from "@akidb/catalog";

/** Limits that an operator may lower. */
export interface DatabaseLimits {
  readonly batchDocumentsMax: number;
  readonly topKMax: number;
  readonly metadataBytesMax: number;
  /** For the data of all open collections; 0 for a share of the machine's memory ({@link limits}). */
  readonly memoryBytesMax: number;
  /** Of tenants that are created without; the first of them, too. */
  readonly defaultQuotas: Pick<TenantAttributes, "memoryQuotaBytes" | "storageQuotaBytes" | "qpsQuota">;
  /** Of a collection, beside those that it declares. */
  readonly indexedFieldsMax: number;
}

const defaults: DatabaseLimits = {
  batchDocumentsMax: limits.batchDocumentsMax,
  topKMax: limits.topKMax,
  metadataBytesMax: limits.metadataBytesMax,
  memoryBytesMax: 0,
  defaultQuotas: {
    memoryQuotaBytes: limits.memoryQuotaBytesDefault,
    storageQuotaBytes: limits.storageQuotaBytesDefault,
    qpsQuota: limits.qpsQuotaDefault,
  },
  indexedFieldsMax: limits.indexedFieldsMax,
};

/** What is given in place of the defaults, with a share of the machine's memory in figures. */
export function databaseLimits(
  given: Partial<DatabaseLimits> | undefined,
  machineBytes: number,
): DatabaseLimits {
  const chosen = { ...defaults, ...given };
  const memoryBytesMax = chosen.memoryBytesMax || Math.floor(limits.memoryShareMax * machineBytes);
  return { ...chosen, memoryBytesMax };
}
