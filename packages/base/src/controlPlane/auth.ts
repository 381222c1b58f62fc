import type { CallOptions } from "../callOptions.ts";
import type { Role } from "../role.ts";
import type { ApiKeyInfo } from "./apiKeys.ts";
import type { UserInfo } from "./users.ts";

/** How users come in, stay and leave; and who a caller is. */
export interface Auth {
  /**
   * Rejects with `unauthenticated`, the same whatever is wrong, and with `rate_limited` after failures.
   */
  login(input: LoginInput, options?: CallOptions): Promise<SessionTokens>;
  /** Uses the refresh token up and gives the next. One that was used before ends its session. */
  refresh(refreshToken: string, options?: CallOptions): Promise<SessionTokens>;
  /** Ends the session by whose access token the caller comes. */
  logout(options?: CallOptions): Promise<void>;
  /** Of the caller itself, who has to be in a session; ends its other sessions. */
  changePassword(input: ChangePasswordInput, options?: CallOptions): Promise<void>;
  me(options?: CallOptions): Promise<CallerInfo>;
  /** What the caller may do in a database, as its policies have it now: for whoever shows it what it can do. */
  permissions(input?: PermissionsInput, options?: CallOptions): Promise<CallerPermissions>;
}

export interface PermissionsInput {
  /** Name or id; the database that the call goes to if absent. */
  readonly database?: string;
}

/** What can be asked about; the names are those of the audit log. */
export const collectionOperations = [
  "createCollection",
  "listCollections",
  "getCollection",
  "updateCollection",
  "deleteCollection",
  "upsertDocuments",
  "getDocument",
  "patchDocuments",
  "deleteDocuments",
  "query",
  "scroll",
] as const;

export type CollectionOperation = (typeof collectionOperations)[number];

export interface CallerPermissions {
  /** Those that it may do to the database, to some collection of it, or to one that comes. */
  readonly operations: readonly CollectionOperation[];
}

export interface LoginInput {
  /** Slug or id; that called `default` if absent. */
  readonly tenant?: string;
  readonly email: string;
  readonly password: string;
}

export interface ChangePasswordInput {
  readonly currentPassword: string;
  /** At least 12 characters. */
  readonly newPassword: string;
}

export interface SessionTokens {
  readonly accessToken: string;
  /** Of the access token. */
  readonly expiresInSeconds: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
  readonly user: UserInfo;
}

export interface CallerInfo {
  /** `local`: needs no credentials. `owner`: has the files of the data directory. */
  readonly kind: "user" | "api_key" | "local" | "owner";
  readonly tenantId: string;
  /** What it may is what each of them may. */
  readonly roles: readonly Role[];
  /** Whoever is logged in, or has the key; null for none. */
  readonly user: UserInfo | null;
  readonly apiKey: ApiKeyInfo | null;
}
