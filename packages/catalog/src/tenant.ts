import type { JsonObject, Page, PageRequest, TenantId, TenantStatus } from "@akidb/base";
import type { StateMachine } from "./stateMachine.ts";

export { type TenantStatus, tenantStatuses } from "@akidb/base";

/** A tenant begins as `provisioning`. */
export const tenantTransitions: StateMachine<TenantStatus> = {
  provisioning: ["active"],
  active: ["suspended"],
  suspended: ["active", "decommissioned"],
  decommissioned: [],
};

/** What a caller decides about a tenant. */
export interface TenantAttributes {
  /** 1..255 characters, no control characters, no space at either end. */
  readonly name: string;
  /** 1..255 lower-case ASCII letters and digits, in groups joined by `-`; unique. Made from the name if absent. */
  readonly slug: string;
  /** The tenant's name in somebody else's system: 1..255 characters, unique. Null if absent. */
  readonly externalId: string | null;
  /** 32 GiB if absent. */
  readonly memoryQuotaBytes: number;
  /** 1 TiB if absent. */
  readonly storageQuotaBytes: number;
  /** Requests per second; 200 if absent. */
  readonly qpsQuota: number;
  /** Empty if absent. */
  readonly metadata: JsonObject;
}

export interface TenantRecord extends TenantAttributes {
  readonly id: TenantId;
  readonly status: TenantStatus;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export type NewTenant = Pick<TenantAttributes, "name"> & Partial<TenantAttributes>;

export interface TenantRepository {
  /** Rejects with `already_exists` where a given slug or external id is taken, and with `invalid_argument`. */
  create(input: NewTenant): Promise<TenantRecord>;
  /** Rejects with `not_found`. */
  get(id: TenantId): Promise<TenantRecord>;
  findBySlug(slug: string): Promise<TenantRecord | undefined>;
  /** In order of creation. */
  list(page?: PageRequest): Promise<Page<TenantRecord>>;
  /** Changes what is given. Rejects with `not_found`, `already_exists` and `invalid_argument`. */
  update(id: TenantId, changes: Partial<TenantAttributes>): Promise<TenantRecord>;
  /** Rejects with `not_found`, and with `invalid_state` for a step that {@link tenantTransitions} lacks. */
  setStatus(id: TenantId, status: TenantStatus): Promise<TenantRecord>;
  /** With its databases and their collections. Rejects with `not_found`. */
  delete(id: TenantId): Promise<void>;
}
