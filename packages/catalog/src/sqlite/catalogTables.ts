import type {
  AuditResult,
  Metric,
  Quantization,
  SyncPolicy,
  TextLanguage,
  Tier,
  TieringPolicy,
} from "@akidb/base";
import type { Generated, GeneratedAlways } from "kysely";
import type { DatabaseState } from "../database.ts";
import type { ReembeddingState } from "../reembedding.ts";
import type { Role } from "../role.ts";
import type { TenantStatus } from "../tenant.ts";
import type { UserStatus } from "../user.ts";

/** Identifiers are 16 bytes, big-endian; times are ISO-8601 text; JSON is text. */
export interface CatalogTables {
  readonly tenants: TenantTable;
  readonly databases: DatabaseTable;
  readonly collections: CollectionTable;
  readonly collection_tiers: CollectionTierTable;
  readonly models: ModelTable;
  readonly reembeddings: ReembeddingTable;
  readonly users: UserTable;
  readonly api_keys: ApiKeyTable;
  readonly policies: PolicyTable;
  readonly sessions: SessionTable;
  readonly refresh_tokens: RefreshTokenTable;
  readonly audit_logs: AuditLogTable;
  readonly audit_chain: AuditChainTable;
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
  readonly model_fingerprint: string | null;
  readonly generation: Generated<number>;
}

export interface ReembeddingTable extends TimeColumns, ChecksumColumn {
  readonly reembedding_id: Uint8Array;
  readonly collection_id: Uint8Array;
  readonly state: ReembeddingState;
  readonly state_reason: string | null;
  readonly generation: number;
  readonly dimension: number;
  readonly embedding_model: string | null;
  readonly model_fingerprint: string | null;
  readonly from_generation: number;
  readonly from_dimension: number;
  readonly from_embedding_model: string | null;
  readonly from_model_fingerprint: string | null;
  readonly keep_until: string | null;
}

export interface ModelTable extends TimeColumns, ChecksumColumn {
  readonly model_id: Uint8Array;
  readonly name: string;
  readonly provider: string;
  readonly dimension: number;
  readonly max_tokens: number | null;
  readonly fingerprint: string;
}

export interface CollectionTierTable extends TimeColumns, ChecksumColumn {
  readonly collection_id: Uint8Array;
  readonly tier: Tier;
  readonly pinned: number;
  readonly access_count: number;
  readonly access_window_start: string | null;
  readonly last_accessed_at: string | null;
  readonly snapshot_id: Uint8Array | null;
  readonly warm_path: string | null;
}

export interface UserTable extends TimeColumns, ChecksumColumn {
  readonly user_id: Uint8Array;
  readonly tenant_id: Uint8Array;
  readonly email: string;
  readonly password_hash: string;
  readonly role: Role;
  readonly status: Generated<UserStatus>;
  readonly last_login_at: string | null;
}

export interface ApiKeyTable extends TimeColumns, ChecksumColumn {
  readonly api_key_id: Uint8Array;
  readonly tenant_id: Uint8Array;
  readonly user_id: Uint8Array | null;
  readonly name: string;
  readonly key_hash: Uint8Array;
  readonly prefix: string;
  readonly role: Role | null;
  readonly databases: string | null;
  readonly collections: string | null;
  readonly read_only: number;
  readonly filter: string | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

export interface PolicyTable extends TimeColumns, ChecksumColumn {
  readonly policy_id: Uint8Array;
  readonly tenant_id: Uint8Array;
  readonly name: string;
  readonly cedar_text: string;
  readonly enabled: number;
}

export interface SessionTable extends TimeColumns, ChecksumColumn {
  readonly session_id: Uint8Array;
  readonly tenant_id: Uint8Array;
  readonly user_id: Uint8Array;
  readonly expires_at: string;
  readonly revoked_at: string | null;
}

export interface RefreshTokenTable extends TimeColumns, ChecksumColumn {
  readonly token_hash: Uint8Array;
  readonly session_id: Uint8Array;
  readonly expires_at: string;
  readonly used_at: string | null;
}

/** Its entries have hashes of their own, in place of a checksum. */
export interface AuditLogTable {
  readonly sequence: number;
  readonly audit_log_id: Uint8Array;
  readonly tenant_id: Uint8Array;
  readonly user_id: Uint8Array | null;
  readonly user_hash: Uint8Array | null;
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly result: AuditResult;
  readonly reason: string | null;
  readonly metadata: string;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
  readonly previous_hash: Uint8Array;
  readonly entry_hash: Uint8Array;
  readonly created_at: string;
}

export interface AuditChainTable extends TimeColumns, ChecksumColumn {
  readonly chain_id: number;
  readonly anchor_sequence: number;
  readonly anchor_hash: Uint8Array;
  readonly head_sequence: number;
  readonly head_hash: Uint8Array;
}
