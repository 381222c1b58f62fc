import type { CallOptions } from "../callOptions.ts";
import type { JsonObject } from "../json.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Role } from "../role.ts";
import type { OfTenant } from "./users.ts";

/** What programs show for themselves. */
export interface ApiKeys {
  /** No key may do more than whoever makes it. */
  create(input: CreateApiKeyInput, options?: CallOptions): Promise<CreatedApiKey>;
  /** In order of creation; also those that are revoked or have expired. */
  list(input?: ListApiKeysInput, options?: CallOptions): Promise<Page<ApiKeyInfo>>;
  /** Rejects with `not_found`. */
  get(id: string, options?: CallOptions): Promise<ApiKeyInfo>;
  /**
   * For good; a second time changes nothing. Rejects with `invalid_state` where a tenant's own admin would leave it without
   * one.
   */
  revoke(id: string, options?: CallOptions): Promise<ApiKeyInfo>;
  /** Rejects as {@link ApiKeys.revoke} does. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

export interface ListApiKeysInput extends OfTenant, PageRequest {
  /** An id or an e-mail: keys of this user alone. Absent for all; for callers who are no admins, for their own. */
  readonly user?: string;
}

export interface CreateApiKeyInput extends OfTenant {
  /** 1..255 characters in one line; need not be unique. */
  readonly name: string;
  /**
   * An id or an e-mail: whose key it is, which never may more than its user, and goes with it. Null for one that belongs to
   * the tenant alone. The caller's own user if absent, or none where it has none.
   */
  readonly user?: string | null;
  /** Absent for that of the user, whatever it is at the time; a key of no user needs one. */
  readonly role?: Role;
  /** Names or ids; all of the tenant if absent. */
  readonly databases?: readonly string[];
  /**
   * Ids, `database/name`, or names in the database of that list where it has one, else in that called `default`; all of the
   * databases if absent.
   */
  readonly collections?: readonly string[];
  /** False if absent. */
  readonly readOnly?: boolean;
  /** As in a query: what every document passes that is read or written with the key. */
  readonly filter?: JsonObject;
  /** In the future; ISO 8601 with its zone. Never if absent. */
  readonly expiresAt?: string;
}

export interface ApiKeyInfo {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly name: string;
  /** The first characters of the secret, to tell one key from another. */
  readonly prefix: string;
  readonly role: Role | null;
  /** Ids; null for all. */
  readonly databases: readonly string[] | null;
  readonly collections: readonly string[] | null;
  readonly readOnly: boolean;
  readonly filter: JsonObject | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface CreatedApiKey extends ApiKeyInfo {
  /** Shown this once: the server keeps its hash. */
  readonly secret: string;
}
