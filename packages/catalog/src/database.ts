import type { DatabaseId, DatabaseState, Page, PageRequest, TenantId } from "@akidb/base";
import type { StateMachine } from "./stateMachine.ts";

export { type DatabaseState, databaseStates } from "@akidb/base";

/** A database begins as `provisioning`. */
export const databaseTransitions: StateMachine<DatabaseState> = {
  provisioning: ["ready", "deleting"],
  ready: ["migrating", "deleting"],
  migrating: ["ready", "deleting"],
  deleting: [],
};

/** What a caller decides about a database. */
export interface DatabaseAttributes {
  /** As that of a collection; unique in its tenant. */
  readonly name: string;
  /** At most 4,096 characters; null if absent. */
  readonly description: string | null;
  /** 1 if absent. */
  readonly schemaVersion: number;
}

export interface DatabaseRecord extends DatabaseAttributes {
  readonly id: DatabaseId;
  readonly tenantId: TenantId;
  readonly state: DatabaseState;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export type NewDatabase = Pick<DatabaseAttributes, "name"> & Partial<DatabaseAttributes>;

export interface DatabaseRepository {
  /** Rejects with `not_found` for the tenant, `already_exists` and `invalid_argument`. */
  create(tenantId: TenantId, input: NewDatabase): Promise<DatabaseRecord>;
  /** Rejects with `not_found`. */
  get(id: DatabaseId): Promise<DatabaseRecord>;
  findByName(tenantId: TenantId, name: string): Promise<DatabaseRecord | undefined>;
  /** Those of one tenant, or of all, in order of creation. */
  list(tenantId: TenantId | "all", page?: PageRequest): Promise<Page<DatabaseRecord>>;
  /** Changes what is given. Rejects with `not_found`, `already_exists` and `invalid_argument`. */
  update(id: DatabaseId, changes: Partial<DatabaseAttributes>): Promise<DatabaseRecord>;
  /** Rejects with `not_found`, and with `invalid_state` for a step that {@link databaseTransitions} lacks. */
  setState(id: DatabaseId, state: DatabaseState): Promise<DatabaseRecord>;
  /** With its collections. Rejects with `not_found`. */
  delete(id: DatabaseId): Promise<void>;
}
