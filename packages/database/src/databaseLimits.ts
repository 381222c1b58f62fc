import { limits } from "@akidb/base";

/** Limits that an operator may lower. */
export interface DatabaseLimits {
  readonly batchDocumentsMax: number;
  readonly topKMax: number;
  readonly metadataBytesMax: number;
}

export const defaultDatabaseLimits: DatabaseLimits = {
  batchDocumentsMax: limits.batchDocumentsMax,
  topKMax: limits.topKMax,
  metadataBytesMax: limits.metadataBytesMax,
};
