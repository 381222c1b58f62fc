import { AkiDbError, type Clock, formatTimestamp, isAkiDbError, type TenantId } from "@akidb/base";
import type { Catalog, UserRecord } from "@akidb/catalog";
import { keyPrincipal } from "./keyPrincipal.ts";
import type { ApiKeySecret } from "./keys/apiKeySecret.ts";
import { type PresentedCredential, unauthenticated } from "./keys/presentedCredential.ts";
import type { LocalPrincipal, Principal } from "./principal.ts";
import type { AccessTokens } from "./tokens/accessTokens.ts";

export interface AuthenticationParts {
  readonly catalog: Catalog;
  readonly tokens: AccessTokens;
  readonly clock: Clock;
  /** Whom a request without credentials acts as; undefined where there must be some. */
  readonly anonymous: LocalPrincipal | undefined;
}

export interface Authenticated {
  readonly principal: Principal;
  /** Until then the same credential stands for the same principal, unless the control plane changes. */
  readonly untilMs: number;
}

/** A key that is used all the time is written down as used once in so long. */
const useIntervalMs = 60_000;

/**
 * Who a request comes from.
 *
 * Rejects with `unauthenticated`, the same whatever is wrong, and with `permission_denied` where the tenant is suspended.
 */
export async function authenticate(
  parts: AuthenticationParts,
  credential: PresentedCredential,
): Promise<Authenticated> {
  switch (credential.kind) {
    case "none":
      if (parts.anonymous === undefined) throw unauthenticated();
      return { principal: parts.anonymous, untilMs: Number.POSITIVE_INFINITY };
    case "api_key":
    case "legacy_api_key":
      return await principalOfKey(parts, credential.key);
    case "access_token":
      return await userPrincipal(parts, credential.token);
  }
}

async function principalOfKey(
  { catalog, clock }: AuthenticationParts,
  { keyHash }: Pick<ApiKeySecret, "keyHash">,
): Promise<Authenticated> {
  const key = await catalog.apiKeys.findByHash(keyHash);
  const nowMs = clock.nowMs();
  if (key === undefined || key.revokedAt !== null || hasPassed(key.expiresAt, nowMs)) throw unauthenticated();
  const user = key.userId === null ? undefined : await activeUser(catalog, key.userId);
  if (key.userId !== null && user === undefined) throw unauthenticated();
  await requireActiveTenant(catalog, key.tenantId);
  if (hasPassed(key.lastUsedAt ?? formatTimestamp(0), nowMs - useIntervalMs)) {
    await catalog.apiKeys.recordUse(key.id);
  }
  return {
    principal: keyPrincipal(key, user),
    untilMs: Math.min(endOf(key.expiresAt), nowMs + useIntervalMs),
  };
}

async function userPrincipal(
  { catalog, tokens, clock }: AuthenticationParts,
  token: string,
): Promise<Authenticated> {
  const claims = await tokens.verify(token);
  const session = claims && (await catalog.sessions.find(claims.sessionId));
  if (!session || session.revokedAt !== null || hasPassed(session.expiresAt, clock.nowMs())) {
    throw unauthenticated();
  }
  const user = await activeUser(catalog, session.userId);
  if (user === undefined || user.id !== claims.userId) throw unauthenticated();
  await requireActiveTenant(catalog, user.tenantId);
  const { id: userId, tenantId, email, role } = user;
  return {
    principal: { kind: "user", userId, tenantId, email, sessionId: session.id, roles: [role] },
    untilMs: Math.min(endOf(session.expiresAt), claims.expiresAtMs),
  };
}

async function activeUser(catalog: Catalog, id: UserRecord["id"]): Promise<UserRecord | undefined> {
  const user = await catalog.users.get(id).catch((error: unknown) => {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  });
  return user?.status === "active" ? user : undefined;
}

async function requireActiveTenant(catalog: Catalog, id: TenantId): Promise<void> {
  const { status } = await catalog.tenants.get(id);
  if (status === "active") return;
  if (status !== "suspended") throw unauthenticated();
  throw new AkiDbError("tenant_suspended", "the tenant is suspended");
}

const endOf = (time: string | null): number => (time === null ? Number.POSITIVE_INFINITY : Date.parse(time));

const hasPassed = (time: string | null, nowMs: number): boolean => endOf(time) <= nowMs;
