import type {
  AuditLogId,
  AuditPosition,
  AuditResult,
  JsonObject,
  Page,
  PageRequest,
  TenantId,
  UserId,
} from "@akidb/base";

/** What was done, or would have been. Texts that are longer than their limit are cut: nothing keeps an entry out. */
export interface NewAuditEntry {
  readonly tenantId: TenantId;
  /** Null for whoever is no user, or nobody knows. */
  readonly userId: UserId | null;
  /** `collection::create` */
  readonly action: string;
  /** `collection` */
  readonly resourceType: string;
  /** An identifier, or the name that was given where there is no such thing. */
  readonly resourceId: string;
  readonly result: AuditResult;
  readonly reason: string | null;
  /** Request id, route, prefix of the key. */
  readonly metadata: JsonObject;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

export interface AuditEntry extends NewAuditEntry {
  readonly id: AuditLogId;
  /** Counts up from 1 over all tenants of a server, without a gap. */
  readonly sequence: number;
  /** SHA-256 of the user's identifier, in hexadecimal; stays when the user goes. Null for no user. */
  readonly userHash: string | null;
  /** Of the entry before, in hexadecimal. */
  readonly previousHash: string;
  /** Of this entry and `previousHash`, in hexadecimal. */
  readonly hash: string;
  /** Never earlier than that of the entry before, though a clock go back. */
  readonly createdAt: string;
}

export interface AuditQuery {
  /** `all` is for whoever may see the whole server. */
  readonly tenantId: TenantId | "all";
  readonly userId?: UserId;
  readonly action?: string;
  readonly result?: AuditResult;
  readonly resourceType?: string;
  readonly resourceId?: string;
  /** Inclusive. */
  readonly since?: string;
  /** Exclusive. */
  readonly until?: string;
  /** `newest_first` if absent. */
  readonly order?: "newest_first" | "oldest_first";
  /** Called now and then while entries are looked through; what it throws ends that. */
  readonly checkIn?: () => void;
}

/**
 * One chain for the server: each entry carries the hash of the one before, so that none can be changed, removed or put
 * elsewhere without a trace.
 */
export interface AuditLogRepository {
  /** All of them or none, durable when it resolves. */
  append(entries: readonly NewAuditEntry[]): Promise<readonly AuditEntry[]>;
  /** Rejects with `invalid_argument`. */
  list(query: AuditQuery & PageRequest): Promise<Page<AuditEntry>>;
  /** The newest entry; sequence 0 before the first. Kept elsewhere, it proves later that nothing before it has changed. */
  head(): Promise<AuditPosition>;
  /**
   * Ends the retention of what is older; the hash of the last that goes stays, for the chain to begin with.
   *
   * @param time ISO-8601
   * @returns how many entries went
   */
  deleteBefore(time: string): Promise<number>;
}
