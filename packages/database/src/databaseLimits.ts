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

export const defaultDatabaseLimits: DatabaseLimits = {
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
