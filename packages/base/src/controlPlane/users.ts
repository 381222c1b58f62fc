import type { CallOptions } from "../callOptions.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Role } from "../role.ts";

export const userStatuses = ["active", "suspended", "deactivated"] as const;

/** Who is suspended may become active again; who is deactivated stays so. Neither can log in, and their keys do not work. */
export type UserStatus = (typeof userStatuses)[number];

/** Those who come in by e-mail and password. */
export interface Users {
  create(input: CreateUserInput, options?: CallOptions): Promise<UserInfo>;
  /** Those of one tenant, in order of creation. */
  list(input?: OfTenant & PageRequest, options?: CallOptions): Promise<Page<UserInfo>>;
  /** @param user an id, or an e-mail; rejects with `not_found` */
  get(user: string, options?: OfTenant & CallOptions): Promise<UserInfo>;
  /**
   * Changes what is given. Another password, or a status that is not `active`, ends the user's sessions. Rejects with
   * `invalid_state` where a tenant's own admin would leave it without one.
   */
  update(user: string, changes: UpdateUserInput, options?: OfTenant & CallOptions): Promise<UserInfo>;
  /** With its keys and sessions. Rejects as an update does. */
  delete(user: string, options?: OfTenant & CallOptions): Promise<void>;
}

export interface OfTenant {
  /** Slug or id; the caller's own if absent. Another one is there for an admin of the default tenant alone. */
  readonly tenant?: string;
}

export interface CreateUserInput extends OfTenant {
  /** Unique in the tenant, whatever the case of its letters. */
  readonly email: string;
  /** At least 12 characters. */
  readonly password: string;
  readonly role: Role;
}

export interface UpdateUserInput {
  readonly email?: string;
  readonly role?: Role;
  readonly status?: UserStatus;
  readonly password?: string;
}

export interface UserInfo {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: Role;
  readonly status: UserStatus;
  readonly lastLoginAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}
