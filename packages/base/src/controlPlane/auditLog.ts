import type { CallOptions } from "../callOptions.ts";
import type { Page, PageRequest } from "../page.ts";

/** Who did what, or would have; what is in it changes no more. */
export interface AuditLog {
  /** The newest first. */
  list(query?: AuditLogQuery & PageRequest, options?: CallOptions): Promise<Page<AuditLogEntry>>;
  /**
   * All that a query finds, the oldest first, in a file of unlimited length that is never held in memory; the timeout is that
   * of its beginning.
   */
  export(
    query?: AuditLogQuery & { readonly format?: AuditFormat },
    options?: CallOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  /** Recomputes the chain of the whole server's log; for whoever runs the server. */
  verify(input?: { readonly known?: AuditPosition }, options?: CallOptions): Promise<AuditVerification>;
}

export const auditResults = ["allowed", "denied"] as const;

export type AuditResult = (typeof auditResults)[number];

export const auditFormats = ["jsonl", "csv"] as const;

export type AuditFormat = (typeof auditFormats)[number];

export interface AuditLogQuery {
  /** Id or slug; the caller's own if absent. Another one is for whoever runs the server. */
  readonly tenant?: string;
  /** Of the whole server, for whoever runs it. Not together with `tenant`. */
  readonly allTenants?: boolean;
  /** Id, or e-mail of one of the tenant's. */
  readonly user?: string;
  /** `collection::create` */
  readonly action?: string;
  readonly result?: AuditResult;
  /** `collection` */
  readonly resourceType?: string;
  /** An identifier, or the name that was given. */
  readonly resourceId?: string;
  /** Inclusive; ISO 8601 with its zone. */
  readonly since?: string;
  /** Exclusive. */
  readonly until?: string;
}

export interface AuditLogEntry {
  readonly id: string;
  /** Counts up over all tenants of a server, without a gap. */
  readonly sequence: number;
  readonly createdAt: string;
  readonly tenantId: string;
  /** Null for whoever is no user, and for one that is deleted. */
  readonly userId: string | null;
  /** SHA-256 of the user's identifier, in hexadecimal; stays when the user goes. Null for no user. */
  readonly userHash: string | null;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly result: AuditResult;
  readonly reason: string | null;
  /** Request id, operation, route, prefix of the key. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** Of the entry before, in hexadecimal. */
  readonly previousHash: string;
  /** Of this entry and `previousHash`. */
  readonly hash: string;
}

/** An entry by its place, and the hash that it has there. */
export interface AuditPosition {
  readonly sequence: number;
  readonly hash: string;
}

export interface AuditVerification {
  readonly entryCount: number;
  /** The last entry whose retention has ended; sequence 0 for none. */
  readonly anchor: AuditPosition;
  /** The newest entry. Kept elsewhere and given as `known` later, it proves that nothing up to it was written anew. */
  readonly head: AuditPosition;
  readonly problemCount: number;
  /** The first of them. */
  readonly problems: readonly {
    /** The first entry that it is about. */
    readonly sequence: number;
    /** `has been changed` */
    readonly problem: string;
  }[];
}
