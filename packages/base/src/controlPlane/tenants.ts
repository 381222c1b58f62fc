import type { CallOptions } from "../callOptions.ts";
import type { JsonObject } from "../json.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Job } from "./jobs.ts";

export const tenantStatuses = ["provisioning", "active", "suspended", "decommissioned"] as const;

export type TenantStatus = (typeof tenantStatuses)[number];

/** Those that a caller may ask for. */
export const settableTenantStatuses = ["active", "suspended", "decommissioned"] as const;

/** Who shares the server: each has users, databases and quotas of its own. For whoever runs the server. */
export interface Tenants {
  /** Active at once, with a database `default` unless the server is told to make none by itself. */
  create(input: CreateTenantInput, options?: CallOptions): Promise<TenantInfo>;
  /** In order of creation. */
  list(page?: PageRequest, options?: CallOptions): Promise<Page<TenantInfo>>;
  /** @param idOrSlug rejects with `not_found` */
  get(idOrSlug: string, options?: CallOptions): Promise<TenantInfo>;
  /**
   * Changes what is given. Rejects with `invalid_state` for a change of status that there is none of: active ⇄ suspended →
   * decommissioned, which is final.
   */
  update(idOrSlug: string, changes: UpdateTenantInput, options?: CallOptions): Promise<TenantInfo>;
  /**
   * Deletes its users, keys, databases, collections, files and objects. Resolves once that is decided, whatever happens:
   * nobody of the tenant is answered any more, and the job tells how far it is. Where it is being deleted already, its job
   * is the answer.
   */
  delete(idOrSlug: string, options?: CallOptions): Promise<Job>;
}

export interface CreateTenantInput {
  /** 1..255 characters, no control characters, no space at either end. */
  readonly name: string;
  /** Lower-case ASCII letters and digits, in groups joined by `-`; unique. Made from the name if absent. */
  readonly slug?: string;
  /** The tenant's name in somebody else's system: 1..255 characters, unique. */
  readonly externalId?: string | null;
  /** 32 GiB if absent. */
  readonly memoryQuotaBytes?: number;
  /** 1 TiB if absent. */
  readonly storageQuotaBytes?: number;
  /** Requests per second; 200 if absent. */
  readonly qpsQuota?: number;
  /** At most 64 KiB as JSON; policies see its texts, numbers and booleans. */
  readonly metadata?: JsonObject;
}

/** What is absent stays as it is. The slug stays always. */
export interface UpdateTenantInput extends Partial<Omit<CreateTenantInput, "slug">> {
  readonly status?: (typeof settableTenantStatuses)[number];
}

export interface TenantInfo {
  readonly id: string;
  readonly externalId: string | null;
  readonly name: string;
  readonly slug: string;
  /** Whoever belongs to a tenant that is not active is refused. */
  readonly status: TenantStatus;
  readonly memoryQuotaBytes: number;
  readonly storageQuotaBytes: number;
  readonly qpsQuota: number;
  readonly metadata: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
}
