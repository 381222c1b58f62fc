import {
  type Page,
  type PageRequest,
  type TenantId,
  type UserId,
  type UserStatus,
  userStatuses,
} from "@akidb/base";
import type { Role } from "./role.ts";
import type { StateMachine } from "./stateMachine.ts";

export { type UserStatus, userStatuses };

/** A user begins as `active`. */
export const userTransitions: StateMachine<UserStatus> = {
  active: ["suspended", "deactivated"],
  suspended: ["active", "deactivated"],
  deactivated: [],
};

export interface UserAttributes {
  /** As {@link checkEmail} has it; unique in its tenant, whatever the case of its letters. */
  readonly email: string;
  readonly role: Role;
}

export interface UserRecord extends UserAttributes {
  readonly id: UserId;
  readonly tenantId: TenantId;
  readonly status: UserStatus;
  readonly lastLoginAt: string | null;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export interface NewUser extends UserAttributes {
  /** Argon2id, in the PHC string format. */
  readonly passwordHash: string;
}

/** Kept apart from the record, so that a hash is read only where a password is verified. */
export interface UserCredentials {
  readonly user: UserRecord;
  readonly passwordHash: string;
}

export interface UserRepository {
  /** Rejects with `not_found` for the tenant, `already_exists` and `invalid_argument`. */
  create(tenantId: TenantId, input: NewUser): Promise<UserRecord>;
  /** Rejects with `not_found`. */
  get(id: UserId): Promise<UserRecord>;
  findByEmail(tenantId: TenantId, email: string): Promise<UserRecord | undefined>;
  findCredentials(tenantId: TenantId, email: string): Promise<UserCredentials | undefined>;
  /** Those of one tenant, in order of creation. */
  list(tenantId: TenantId, page?: PageRequest): Promise<Page<UserRecord>>;
  /** Changes what is given. Rejects with `not_found`, `already_exists` and `invalid_argument`. */
  update(id: UserId, changes: Partial<NewUser>): Promise<UserRecord>;
  /** Rejects with `not_found`, and with `invalid_state` for a step that {@link userTransitions} lacks. */
  setStatus(id: UserId, status: UserStatus): Promise<UserRecord>;
  /** Keeps the time of a login. Rejects with `not_found`. */
  recordLogin(id: UserId): Promise<void>;
  /** With its keys and sessions; entries of the audit log stay, and name it no longer. Rejects with `not_found`. */
  delete(id: UserId): Promise<void>;
}
