import { type Clock, parseId, type SessionId, type TenantId, type UserId } from "@akidb/base";
import { jwtVerify, SignJWT } from "jose";
import { accessLimits } from "../accessLimits.ts";

/** Who an access token stands for. What they may do is looked up, so that a change counts at once. */
export interface AccessClaims {
  readonly userId: UserId;
  readonly tenantId: TenantId;
  readonly sessionId: SessionId;
}

/** Of a token that is valid. */
export interface VerifiedClaims extends AccessClaims {
  readonly expiresAtMs: number;
}

export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

export interface AccessTokens {
  issue(claims: AccessClaims): Promise<IssuedAccessToken>;
  /** Undefined for one that is not ours, was changed, or has expired. */
  verify(token: string): Promise<VerifiedClaims | undefined>;
}

export interface AccessTokensOptions {
  readonly clock: Clock;
  /** 32 random bytes that nobody else has. A new key at every start ends access tokens, and no session. */
  readonly signingKey: Uint8Array;
  /** A quarter of an hour if absent. */
  readonly lifetimeMs?: number | undefined;
}

const issuer = "akidb";

/** JSON Web Tokens under HMAC SHA-256, of one issuer for itself. */
export function accessTokens({
  clock,
  signingKey,
  lifetimeMs = accessLimits.accessTokenLifetimeMs,
}: AccessTokensOptions): AccessTokens {
  return {
    async issue({ userId, tenantId, sessionId }) {
      const issuedAt = Math.floor(clock.nowMs() / 1_000);
      const expiresInSeconds = lifetimeMs / 1_000;
      const token = await new SignJWT({ tid: tenantId, sid: sessionId })
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
        .setIssuer(issuer)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + expiresInSeconds)
        .sign(signingKey);
      return { token, expiresInSeconds };
    },

    async verify(token) {
      if (token.length > accessLimits.credentialCharactersMax) return undefined;
      try {
        const { payload } = await jwtVerify(token, signingKey, {
          // Not what the token's header asks for.
          algorithms: ["HS256"],
          typ: "at+jwt",
          issuer,
          requiredClaims: ["sub", "exp", "tid", "sid"],
          currentDate: new Date(clock.nowMs()),
        });
        return {
          userId: idOf<"user">(payload.sub),
          tenantId: idOf<"tenant">(payload["tid"]),
          sessionId: idOf<"session">(payload["sid"]),
          expiresAtMs: Number(payload.exp) * 1_000,
        };
      } catch {
        return undefined;
      }
    },
  };
}

function idOf<Kind extends string>(claim: unknown) {
  const id = typeof claim === "string" ? parseId<Kind>(claim) : undefined;
  if (id === undefined) throw new TypeError("the claim is no identifier");
  return id;
}
