import type { Page, PageRequest, PolicyId, TenantId } from "@akidb/base";

export interface PolicyAttributes {
  /** 1..255 characters in one line; unique in its tenant. */
  readonly name: string;
  /** In the Cedar language, at most 16,384 characters; what it means is for the caller to check. */
  readonly cedarText: string;
  /** True if absent. */
  readonly enabled: boolean;
}

export interface PolicyRecord extends PolicyAttributes {
  readonly id: PolicyId;
  readonly tenantId: TenantId;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export type NewPolicy = Pick<PolicyAttributes, "name" | "cedarText"> & Partial<PolicyAttributes>;

/** A tenant's own policies, beside those of the product. */
export interface PolicyRepository {
  /** Rejects with `not_found` for the tenant, `already_exists` and `invalid_argument`. */
  create(tenantId: TenantId, input: NewPolicy): Promise<PolicyRecord>;
  /** Rejects with `not_found`. */
  get(id: PolicyId): Promise<PolicyRecord>;
  findByName(tenantId: TenantId, name: string): Promise<PolicyRecord | undefined>;
  /** Those of one tenant, in order of creation. */
  list(tenantId: TenantId, page?: PageRequest): Promise<Page<PolicyRecord>>;
  /** How many the tenant has, enabled or not. */
  count(tenantId: TenantId): Promise<number>;
  /** Changes what is given. Rejects with `not_found`, `already_exists` and `invalid_argument`. */
  update(id: PolicyId, changes: Partial<PolicyAttributes>): Promise<PolicyRecord>;
  /** Rejects with `not_found`. */
  delete(id: PolicyId): Promise<void>;
}
