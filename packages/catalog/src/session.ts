import type { SessionId, TenantId, UserId } from "@akidb/base";

/** What began with a login; it lives on by refresh tokens, each of which can be used once. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly tenantId: TenantId;
  readonly userId: UserId;
  /** However often it is refreshed. */
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export interface RefreshToken {
  /** SHA-256 of the token, which is kept nowhere. */
  readonly tokenHash: Uint8Array;
  readonly expiresAt: string;
}

export interface NewSession {
  readonly tenantId: TenantId;
  readonly userId: UserId;
  readonly expiresAt: string;
  readonly token: RefreshToken;
}

/** What came of a refresh token that was presented. */
export type Rotation =
  | { readonly outcome: "rotated"; readonly session: SessionRecord }
  /** It had been used before, so somebody has a copy: the session is revoked by now. */
  | { readonly outcome: "reused"; readonly session: SessionRecord }
  /** It, or its session, has expired or was revoked. */
  | { readonly outcome: "ended"; readonly session: SessionRecord }
  | { readonly outcome: "unknown" };

export interface SessionRepository {
  /** Rejects with `not_found` for a user that the tenant does not have. */
  create(input: NewSession): Promise<SessionRecord>;
  find(id: SessionId): Promise<SessionRecord | undefined>;
  /** Uses up the token of this hash and gives the session the next one; of two callers with the same token one gets it. */
  rotate(tokenHash: Uint8Array, next: RefreshToken): Promise<Rotation>;
  /** A second time changes nothing, nor does one that is gone. */
  revoke(id: SessionId): Promise<void>;
  /** @returns how many there were */
  revokeAllOf(userId: UserId): Promise<number>;
  /** Those whose time is up, revoked or not. @returns how many there were */
  deleteExpired(): Promise<number>;
}
