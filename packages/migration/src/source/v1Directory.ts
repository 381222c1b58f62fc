import type { JsonObject, Metric } from "@akidb/base";

export const v1Statuses = ["active", "suspended", "deleted"] as const;

export type V1Status = (typeof v1Statuses)[number];

/** Undefined where the manifest does not say. */
export interface V1Quotas {
  readonly maxStorageBytes: number | undefined;
  readonly apiRateLimitPerSecond: number | undefined;
  readonly maxVectorsPerCollection: number | undefined;
  readonly maxCollections: number | undefined;
  readonly maxConcurrentSearches: number | undefined;
}

/** A tenant as its manifest tells of it. Paths are relative to the directory of 1.x, with forward slashes. */
export interface V1Tenant {
  readonly file: string;
  /** As it is written in the manifest. */
  readonly legacyId: string;
  /** The same as a UUID: what two spellings have in common. */
  readonly uuid: string;
  readonly name: string;
  readonly status: V1Status;
  readonly quotas: V1Quotas;
  readonly metadata: JsonObject;
  readonly contactEmail: string | undefined;
  /** SHA-256; undefined for a tenant without a key. */
  readonly keyHash: Uint8Array | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly collections: readonly V1Collection[];
}

export interface V1Collection {
  /** Its manifest. */
  readonly file: string;
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly hnswM: number | undefined;
  readonly hnswEfConstruction: number | undefined;
  /** Those of its tenant if it has none of its own. */
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  /** In the order of their names. */
  readonly documentFiles: readonly V1DocumentFile[];
}

export interface V1DocumentFile {
  readonly path: string;
  readonly format: "jsonl" | "parquet";
  readonly bytes: number;
}

/** Everything that 1.x has in a directory, but for the documents. */
export interface V1Directory {
  /** In the order of their making. */
  readonly tenants: readonly V1Tenant[];
  /** Files that are nothing of a tenant's: they are not migrated. */
  readonly ignoredFiles: readonly string[];
}
