import type {
  ApiKeyId,
  CollectionId,
  DatabaseId,
  JsonObject,
  Page,
  PageRequest,
  TenantId,
  UserId,
} from "@akidb/base";
import type { Role } from "./role.ts";

/** How much less than its role a key may do. */
export interface ApiKeyScope {
  /** Null for all of the tenant. */
  readonly databases: readonly DatabaseId[] | null;
  /** Null for all of the databases. */
  readonly collections: readonly CollectionId[] | null;
  readonly readOnly: boolean;
  /** In the filter language; what every document must match that is read or written with the key. */
  readonly filter: JsonObject | null;
}

export interface ApiKeyAttributes extends ApiKeyScope {
  /** 1..255 characters in one line; need not be unique. */
  readonly name: string;
  /** Null for one that belongs to the tenant alone. A key goes when its user goes. */
  readonly userId: UserId | null;
  /** Null for that of the user, whatever it is at the time; a key of no user has one of its own. */
  readonly role: Role | null;
  /** Null for one that does not expire. */
  readonly expiresAt: string | null;
}

export interface ApiKeyRecord extends ApiKeyAttributes {
  readonly id: ApiKeyId;
  readonly tenantId: TenantId;
  /** The first characters of the secret, to tell one key from another. */
  readonly prefix: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export type NewApiKey = Pick<ApiKeyAttributes, "name"> &
  Partial<ApiKeyAttributes> & {
    /** SHA-256 of the secret, which is kept nowhere. */
    readonly keyHash: Uint8Array;
    readonly prefix: string;
  };

export interface ApiKeyRepository {
  /** Rejects with `not_found` for the tenant or the user, and with `invalid_argument`. */
  create(tenantId: TenantId, input: NewApiKey): Promise<ApiKeyRecord>;
  /** Rejects with `not_found`. */
  get(id: ApiKeyId): Promise<ApiKeyRecord>;
  /** Also one that is revoked or has expired: the caller says so. */
  findByHash(keyHash: Uint8Array): Promise<ApiKeyRecord | undefined>;
  /** Those of one tenant, or of one of its users, in order of creation. */
  list(
    tenantId: TenantId,
    page?: PageRequest & { readonly userId?: UserId | undefined },
  ): Promise<Page<ApiKeyRecord>>;
  /** For good; a second time changes nothing. Rejects with `not_found`. */
  revoke(id: ApiKeyId): Promise<ApiKeyRecord>;
  /** Keeps the time of a use. Nothing happens if it is gone. */
  recordUse(id: ApiKeyId): Promise<void>;
  /** Rejects with `not_found`. */
  delete(id: ApiKeyId): Promise<void>;
}
