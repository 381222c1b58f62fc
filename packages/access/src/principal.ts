import type { ApiKeyId, SessionId, TenantId, UserId } from "@akidb/base";
import type { ApiKeyScope, Role } from "@akidb/catalog";

/** Who acts, as far as a decision needs to know. */
export type Principal = UserPrincipal | ApiKeyPrincipal | LocalPrincipal | OwnerPrincipal;

interface AnyPrincipal {
  readonly tenantId: TenantId;
  /** What is permitted is what each of them is permitted: a key of a user may no more than either. */
  readonly roles: readonly [Role, ...Role[]];
}

export interface UserPrincipal extends AnyPrincipal {
  readonly kind: "user";
  readonly userId: UserId;
  readonly email: string;
  readonly sessionId: SessionId;
}

export interface ApiKeyPrincipal extends AnyPrincipal {
  readonly kind: "api_key";
  readonly apiKeyId: ApiKeyId;
  readonly name: string;
  readonly prefix: string;
  /** Null for a key of no user. */
  readonly userId: UserId | null;
  readonly scope: ApiKeyScope;
}

/** Whoever needs no credentials: a caller in the process, or on loopback; an admin of the default tenant. */
export interface LocalPrincipal extends AnyPrincipal {
  readonly kind: "local";
}

/** Whoever can read what a data directory has for its owner alone; an admin of the default tenant whom no policy binds. */
export interface OwnerPrincipal extends AnyPrincipal {
  readonly kind: "owner";
}

export const ownerPrincipal = (tenantId: TenantId): OwnerPrincipal => ({
  kind: "owner",
  tenantId,
  roles: ["admin"],
});

/** Null for whoever is no user, nor a key of one. */
export const userIdOf = (principal: Principal): UserId | null =>
  "userId" in principal ? principal.userId : null;

export const localPrincipal = (tenantId: TenantId): LocalPrincipal => ({
  kind: "local",
  tenantId,
  roles: ["admin"],
});
