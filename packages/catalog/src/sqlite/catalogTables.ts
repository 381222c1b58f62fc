import type { Metric, Quantization, SyncPolicy, TextLanguage, TieringPolicy } from "@akidb/base";
import type { Generated, GeneratedAlways } from "kysely";
import type { DatabaseState } from "../database.ts";
import type { TenantStatus } from "../tenant.ts";

/** Identifiers are 16 bytes, big-endian; times are ISO-8601 text; JSON is text. */
export interface CatalogTables {
  readonly tenants: TenantTable;
  readonly databases: DatabaseTable;
  readonly collections: CollectionTable;
}

/** Triggers keep it: nothing writes it. */
interface ChecksumColumn {
  readonly row_crc32c: GeneratedAlways<number | null>;
}

interface TimeColumns {
  readonly created_at: string;
  readonly updated_at: string;
}

export interface TenantTable extends TimeColumns, ChecksumColumn {
  readonly tenant_id: Uint8Array;
  readonly external_id: string | null;
  readonly name: string;
  readonly slug: string;
  readonly status: Generated<TenantStatus>;
  readonly memory_quota_bytes: number;
  readonly storage_quota_bytes: number;
  readonly qps_quota: number;
  readonly metadata: string;
}

export interface DatabaseTable extends TimeColumns, ChecksumColumn {
  readonly database_id: Uint8Array;
  readonly tenant_id: Uint8Array;
  readonly name: string;
  readonly description: string | null;
  readonly state: Generated<DatabaseState>;
  readonly schema_version: number;
}

export interface CollectionTable extends TimeColumns, ChecksumColumn {
  readonly collection_id: Uint8Array;
  readonly database_id: Uint8Array;
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly embedding_model: string | null;
  readonly hnsw_m: number;
  readonly hnsw_ef_construction: number;
  readonly max_doc_count: number;
  readonly tiering_policy: TieringPolicy;
  readonly replica_factor: number;
  readonly wal_retention_seconds: number;
  readonly sync_policy: SyncPolicy;
  readonly quantization: Quantization;
  readonly payload_indexes: string;
  readonly text_language: TextLanguage;
}
