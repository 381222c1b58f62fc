import { type Clock, formatTimestamp, type Random, type SessionId, type TenantId } from "@akidb/base";
import type { Catalog, SessionRecord, UserCredentials, UserRecord } from "@akidb/catalog";
import { accessLimits } from "../accessLimits.ts";
import { unauthenticated } from "../keys/presentedCredential.ts";
import type { PasswordHasher } from "../passwords/passwordHasher.ts";
import type { AccessTokens, IssuedAccessToken } from "../tokens/accessTokens.ts";
import { makeRefreshToken, parseRefreshToken } from "../tokens/refreshSecret.ts";
import type { LoginThrottle } from "./loginThrottle.ts";
import { loginFailed, requireStillRight } from "./requireStillRight.ts";

export interface LoginsOptions {
  readonly catalog: Catalog;
  readonly hasher: PasswordHasher;
  readonly throttle: LoginThrottle;
  readonly tokens: AccessTokens;
  readonly clock: Clock;
  readonly random: Random;
}

export interface LoginInput {
  /** Undefined for a tenant that does not exist, which takes as long and gets the same answer. */
  readonly tenantId: TenantId | undefined;
  readonly email: string;
  readonly password: string;
  /** Null where nobody knows. */
  readonly address: string | null;
}

/** What a user holds from login to logout. */
export interface SessionTokens {
  readonly sessionId: SessionId;
  readonly user: UserRecord;
  readonly access: IssuedAccessToken;
  readonly refreshToken: string;
  /** Of the refresh token. */
  readonly refreshExpiresAt: string;
}

/** Users come in by password, stay by refresh tokens, and leave. */
export class Logins {
  readonly #parts: LoginsOptions;

  constructor(parts: LoginsOptions) {
    this.#parts = parts;
  }

  /**
   * Rejects with `unauthenticated`, the same in words and time whatever is wrong; with `rate_limited` after failures, and
   * with `unavailable` while too many wait.
   */
  async login(input: LoginInput): Promise<SessionTokens> {
    const { catalog, hasher, clock } = this.#parts;
    const verified = await this.confirm(input);
    const isOutdated = hasher.isOutdated(verified.passwordHash);
    const passwordHash = isOutdated ? await hasher.hash(input.password) : undefined;
    const next = this.#nextToken();
    const { session, user } = await catalog.transaction(async (repositories) => {
      const { users, sessions } = repositories;
      const { id: userId, tenantId } = verified.user;
      await requireStillRight(repositories, verified);
      if (passwordHash !== undefined) await users.update(userId, { passwordHash });
      await users.recordLogin(userId);
      const expiresAt = formatTimestamp(clock.nowMs() + accessLimits.sessionLifetimeMs);
      const session = await sessions.create({ tenantId, userId, expiresAt, token: next });
      return { session, user: await users.get(userId) };
    });
    return await this.#issue(session.id, user, next);
  }

  /** Of an active user whose password this is. Counts and rejects as a login does. */
  async confirm(input: LoginInput): Promise<UserCredentials> {
    const { throttle } = this.#parts;
    const { tenantId, email, address } = input;
    const attempt = { account: `${tenantId ?? "-"} ${email}`, address };
    throttle.begin(attempt);
    const credentials = await this.#verify(input).catch((error: unknown) => {
      throttle.withdraw(attempt);
      throw error;
    });
    if (credentials?.user.status !== "active") throw loginFailed();
    throttle.succeeded(attempt);
    return credentials;
  }

  /**
   * Gives two new tokens for a refresh token, which is used up. One that was used before ends its session: either its
   * holder or somebody else has a copy.
   *
   * Rejects with `unauthenticated`.
   *
   * @param onRefused called before a token is refused that is of some session
   */
  async refresh(
    refreshToken: string,
    onRefused: (session: SessionRecord, outcome: "reused" | "ended") => Promise<void> = async () => {},
  ): Promise<SessionTokens> {
    const { catalog } = this.#parts;
    const presented = parseRefreshToken(refreshToken);
    if (presented === undefined) throw unauthenticated();
    const next = this.#nextToken();
    const rotation = await catalog.sessions.rotate(presented.tokenHash, next);
    if (rotation.outcome === "unknown") throw unauthenticated();
    if (rotation.outcome !== "rotated") {
      await onRefused(rotation.session, rotation.outcome);
      throw unauthenticated();
    }
    const { session } = rotation;
    const user = await catalog.users.get(session.userId).catch(() => undefined);
    if (user?.status !== "active") {
      await catalog.sessions.revoke(session.id);
      await onRefused(session, "ended");
      throw unauthenticated();
    }
    return await this.#issue(session.id, user, next);
  }

  /** Its tokens count for nothing from now on. */
  logout(sessionId: SessionId): Promise<void> {
    return this.#parts.catalog.sessions.revoke(sessionId);
  }

  /** @returns undefined where the password is not that of the user, or there is none */
  async #verify({ tenantId, email, password }: LoginInput): Promise<UserCredentials | undefined> {
    const { catalog, hasher } = this.#parts;
    // So long no password is, whoever the user.
    if (Buffer.byteLength(password) > accessLimits.passwordBytesMax) return undefined;
    const credentials = tenantId && (await catalog.users.findCredentials(tenantId, email));
    const isRight = await hasher.verify(password, credentials?.passwordHash);
    return isRight ? credentials : undefined;
  }

  #nextToken() {
    const { clock, random } = this.#parts;
    const expiresAt = formatTimestamp(clock.nowMs() + accessLimits.refreshTokenLifetimeMs);
    return { ...makeRefreshToken(random), expiresAt };
  }

  async #issue(
    sessionId: SessionId,
    user: UserRecord,
    next: { readonly token: string; readonly expiresAt: string },
  ): Promise<SessionTokens> {
    const access = await this.#parts.tokens.issue({ userId: user.id, tenantId: user.tenantId, sessionId });
    return { sessionId, user, access, refreshToken: next.token, refreshExpiresAt: next.expiresAt };
  }
}
