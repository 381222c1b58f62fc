import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  SeededRandom,
  systemRandom,
  type TenantId,
  type UserId,
  UuidV7Generator,
} from "@akidb/base";
import { type Catalog, type NewApiKey, openCatalog } from "@akidb/catalog";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { authenticate } from "./authenticate.ts";
import { bootstrapKey } from "./bootstrapKey.ts";
import { makeApiKey, parseApiKey } from "./keys/apiKeySecret.ts";
import { readCredential } from "./keys/presentedCredential.ts";
import { Logins } from "./login/logins.ts";
import { LoginThrottle } from "./login/loginThrottle.ts";
import { argon2Hasher } from "./passwords/argon2Hasher.ts";
import { localPrincipal } from "./principal.ts";
import { accessTokens } from "./tokens/accessTokens.ts";

const directory = mkdtempSync(join(tmpdir(), "akidb-authentication-"));
afterAll(() => rmSync(directory, { recursive: true }));

const day = 86_400_000;
const password = "correct horse battery";
const email = "ada@example.org";
const costs = { memoryKiB: 8, passes: 1, lanes: 1 };
const random = new SeededRandom(5);

let count = 0;
let nowMs: number;
let catalog: Catalog;
let logins: Logins;
let tenantId: TenantId;
let userId: UserId;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const tokens = accessTokens({ clock, signingKey: random.fill(new Uint8Array(32)) });

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 31);
  const path = join(directory, `${count++}.db`);
  catalog = await openCatalog({ path, clock, ids: new UuidV7Generator(clock, random) });
  tenantId = (await catalog.tenants.create({ name: "Acme" })).id;
  await catalog.tenants.setStatus(tenantId, "active");
  const hasher = await argon2Hasher({ random, costs });
  const passwordHash = await hasher.hash(password);
  userId = (await catalog.users.create(tenantId, { email, role: "developer", passwordHash })).id;
  logins = new Logins({ catalog, hasher, throttle: new LoginThrottle(clock), tokens, clock, random });
});
afterEach(() => catalog.close());

const login = (more: object = {}) =>
  logins.login({ tenantId, email, password, address: "10.0.0.1", ...more });
const byToken = async (token: string) => {
  const parts = { catalog, tokens, clock, anonymous: undefined };
  return (await authenticate(parts, { kind: "access_token", token })).principal;
};
const failed = { code: "unauthenticated", message: "e-mail or password is wrong" };
const unauthenticated = { code: "unauthenticated", message: expect.stringMatching(/^no valid credentials/) };

describe("a user", () => {
  test("comes in by password, and is known by the access token", async () => {
    const session = await login({ email: "ADA@example.org" });
    expect(session).toEqual({
      sessionId: expect.any(String),
      user: expect.objectContaining({ id: userId, email, lastLoginAt: "2026-01-31T00:00:00.000Z" }),
      access: { token: expect.any(String), expiresInSeconds: 900 },
      refreshToken: expect.stringMatching(/^akidb_rt_/),
      refreshExpiresAt: "2026-02-07T00:00:00.000Z",
    });
    expect(await byToken(session.access.token)).toEqual({
      kind: "user",
      userId,
      tenantId,
      email,
      sessionId: session.sessionId,
      roles: ["developer"],
    });
  });

  test("gets the same answer whatever is wrong", async () => {
    const other = (await catalog.tenants.create({ name: "Other" })).id;
    for (const wrong of [
      { password: "wrong horse battery" },
      { password: "" },
      { password: "x".repeat(2_000) },
      { email: "bob@example.org" },
      { email: "" },
      { email: "x".repeat(100_000) },
      { tenantId: other },
      { tenantId: undefined },
    ]) {
      await expect(login(wrong)).rejects.toMatchObject(failed);
    }
    for (const status of ["suspended", "deactivated"] as const) {
      await catalog.users.setStatus(userId, status);
      nowMs += day;
      await expect(login()).rejects.toMatchObject(failed);
    }
  });

  test("waits after wrong passwords, as does a user who does not exist", async () => {
    for (const wrong of [{ password: "wrong" }, { email: "bob@example.org" }]) {
      for (let i = 0; i < 5; i++) await expect(login(wrong)).rejects.toMatchObject(failed);
      await expect(login({ ...wrong, password })).rejects.toMatchObject({
        code: "rate_limited",
        retryAfterMs: 1_000,
      });
      nowMs += 1_000;
    }
    await login();
    for (let i = 0; i < 4; i++) await expect(login({ password: "wrong" })).rejects.toMatchObject(failed);
  });

  test("cannot be guessed at by many tries at once", async () => {
    const tries = Array.from({ length: 40 }, () => login({ password: "wrong" }).catch((error) => error.code));
    const codes = await Promise.all(tries);
    expect(codes.filter((code) => code === "unauthenticated")).toHaveLength(5);
    expect(codes.filter((code) => code === "rate_limited")).toHaveLength(35);
  });

  test("stays by refresh tokens, each used once", async () => {
    let { refreshToken, sessionId } = await login();
    for (let i = 0; i < 3; i++) {
      nowMs += 6 * day;
      const next = await logins.refresh(refreshToken);
      expect(next).toMatchObject({ sessionId, user: { id: userId } });
      expect(next.refreshToken).not.toBe(refreshToken);
      expect(await byToken(next.access.token)).toMatchObject({ userId });
      refreshToken = next.refreshToken;
    }
    nowMs += 7 * day;
    await expect(logins.refresh(refreshToken)).rejects.toMatchObject(unauthenticated);
  });

  test("loses the session, with all of its tokens, when a refresh token is used again", async () => {
    const first = await login();
    const second = await logins.refresh(first.refreshToken);
    await expect(logins.refresh(first.refreshToken)).rejects.toMatchObject(unauthenticated);
    await expect(logins.refresh(second.refreshToken)).rejects.toMatchObject(unauthenticated);
    await expect(byToken(second.access.token)).rejects.toMatchObject(unauthenticated);
    expect(await login()).toMatchObject({ user: { id: userId } });
  });

  test("leaves", async () => {
    const { sessionId, access, refreshToken } = await login();
    const other = await login();
    await logins.logout(sessionId);
    await logins.logout(sessionId);
    await expect(byToken(access.token)).rejects.toMatchObject(unauthenticated);
    await expect(logins.refresh(refreshToken)).rejects.toMatchObject(unauthenticated);
    expect(await byToken(other.access.token)).toMatchObject({ userId });
  });

  test("who is suspended, changed or deleted is so at once", async () => {
    const { access, refreshToken } = await login();
    await catalog.users.update(userId, { role: "auditor" });
    expect(await byToken(access.token)).toMatchObject({ roles: ["auditor"] });
    await catalog.users.setStatus(userId, "suspended");
    await expect(byToken(access.token)).rejects.toMatchObject(unauthenticated);
    await expect(logins.refresh(refreshToken)).rejects.toMatchObject(unauthenticated);
    await catalog.users.setStatus(userId, "active");
    await expect(byToken(access.token)).rejects.toMatchObject(unauthenticated);
    const again = await login();
    await catalog.users.delete(userId);
    await expect(byToken(again.access.token)).rejects.toMatchObject(unauthenticated);
    await expect(logins.refresh(again.refreshToken)).rejects.toMatchObject(unauthenticated);
  });

  test("gets a new hash where the costs have changed", async () => {
    const hasher = await argon2Hasher({ random, costs: { ...costs, passes: 2 } });
    logins = new Logins({ catalog, hasher, throttle: new LoginThrottle(clock), tokens, clock, random });
    await login();
    const { passwordHash } = (await catalog.users.findCredentials(tenantId, email))!;
    expect(hasher.isOutdated(passwordHash)).toBe(false);
    await login();
  });

  test.each([
    ["has another password", (passwordHash: string) => catalog.users.update(userId, { passwordHash })],
    ["is suspended", () => catalog.users.setStatus(userId, "suspended")],
    ["is deleted", () => catalog.users.delete(userId)],
  ])("who %s by the time the old one is verified does not come in", async (_, change) => {
    const hasher = await argon2Hasher({ random, costs });
    const passwordHash = await hasher.hash("another battery staple");
    const slowHasher: typeof hasher = {
      ...hasher,
      isOutdated: () => true,
      verify: async (...given) => {
        const isRight = await hasher.verify(...given);
        await change(passwordHash);
        return isRight;
      },
    };
    const throttle = new LoginThrottle(clock);
    logins = new Logins({ catalog, hasher: slowHasher, throttle, tokens, clock, random });
    await expect(login()).rejects.toMatchObject(failed);
    const kept = await catalog.users.findCredentials(tenantId, email);
    if (kept?.user.status === "active") expect(kept.passwordHash).toBe(passwordHash);
  });

  test("has not failed when there was no room to verify", async () => {
    const busy = new Error("busy");
    const hasher = { ...(await argon2Hasher({ random, costs })), verify: () => Promise.reject(busy) };
    logins = new Logins({ catalog, hasher, throttle: new LoginThrottle(clock), tokens, clock, random });
    for (let i = 0; i < 20; i++) await expect(login()).rejects.toBe(busy);
  });
});

describe("an API key", () => {
  const newKey = async (input: Partial<NewApiKey> = {}) => {
    const { secret, keyHash, prefix } = makeApiKey(systemRandom);
    const record = await catalog.apiKeys.create(tenantId, {
      name: "ci",
      role: "viewer",
      ...input,
      keyHash,
      prefix,
    });
    return { record, secret };
  };
  const findByKey = (secret: string) =>
    authenticate(
      { catalog, tokens, clock, anonymous: undefined },
      { kind: "api_key", key: parseApiKey(secret)! },
    );
  const byKey = async (secret: string) => (await findByKey(secret)).principal;

  test("acts with its role and scope", async () => {
    const { record, secret } = await newKey({ readOnly: true, filter: { lang: "en" } });
    expect(await byKey(secret)).toEqual({
      kind: "api_key",
      apiKeyId: record.id,
      tenantId,
      name: "ci",
      prefix: record.prefix,
      userId: null,
      roles: ["viewer"],
      scope: { databases: null, collections: null, readOnly: true, filter: { lang: "en" } },
    });
  });

  test.each([
    [null, ["developer"]],
    ["developer", ["developer"]],
    ["admin", ["admin", "developer"]],
  ] as const)("of a user, with the role %s, does no more than either", async (role, roles) => {
    const { secret } = await newKey({ userId, role });
    expect(await byKey(secret)).toMatchObject({ userId, roles });
    await catalog.users.setStatus(userId, "suspended");
    await expect(byKey(secret)).rejects.toMatchObject(unauthenticated);
  });

  test("of 1.x is found by the hash that 1.x kept", async () => {
    const legacy = "ak_live_0123";
    const keyHash = createHash("sha256").update(legacy).digest();
    const record = await catalog.apiKeys.create(tenantId, { name: "v1", userId, keyHash, prefix: "sha256:" });
    const parts = { catalog, tokens, clock, anonymous: undefined };
    expect(await authenticate(parts, readCredential({ xApiKey: legacy }))).toMatchObject({
      principal: { kind: "api_key", apiKeyId: record.id, userId, roles: ["developer"] },
    });
    for (const wrong of ["ak_live_0124", keyHash.toString("hex"), legacy.toUpperCase()]) {
      const credential = readCredential({ authorization: `Bearer ${wrong}` });
      await expect(authenticate(parts, credential)).rejects.toMatchObject(unauthenticated);
    }
    await catalog.apiKeys.revoke(record.id);
    await expect(authenticate(parts, readCredential({ xApiKey: legacy }))).rejects.toMatchObject(
      unauthenticated,
    );
  });

  test("that is unknown, revoked or expired counts for nothing", async () => {
    await expect(byKey(makeApiKey(systemRandom).secret)).rejects.toMatchObject(unauthenticated);
    const revoked = await newKey();
    await catalog.apiKeys.revoke(revoked.record.id);
    await expect(byKey(revoked.secret)).rejects.toMatchObject(unauthenticated);
    const expiring = await newKey({ expiresAt: "2026-02-01T00:00:00.000Z" });
    nowMs += day - 1;
    expect(await byKey(expiring.secret)).toMatchObject({ kind: "api_key" });
    nowMs += 1;
    await expect(byKey(expiring.secret)).rejects.toMatchObject(unauthenticated);
  });

  test("remembers its use, to the minute", async () => {
    const { record, secret } = await newKey();
    const lastUse = async () => (await catalog.apiKeys.get(record.id)).lastUsedAt;
    await byKey(secret);
    expect(await lastUse()).toBe("2026-01-31T00:00:00.000Z");
    nowMs += 59_999;
    await byKey(secret);
    expect(await lastUse()).toBe("2026-01-31T00:00:00.000Z");
    nowMs += 1;
    await byKey(secret);
    expect(await lastUse()).toBe("2026-01-31T00:01:00.000Z");
  });

  test("of a suspended tenant is told so, of one that is gone is not", async () => {
    const { secret } = await newKey();
    await catalog.tenants.setStatus(tenantId, "suspended");
    await expect(byKey(secret)).rejects.toMatchObject({
      code: "tenant_suspended",
      message: "the tenant is suspended",
    });
    await catalog.tenants.setStatus(tenantId, "decommissioned");
    await expect(byKey(secret)).rejects.toMatchObject(unauthenticated);
  });
});

describe("without credentials", () => {
  test("a request acts as the admin where that is allowed, and not where it is not", async () => {
    const anonymous = localPrincipal(tenantId);
    const none = { kind: "none" } as const;
    expect(await authenticate({ catalog, tokens, clock, anonymous }, none)).toEqual({
      principal: { kind: "local", tenantId, roles: ["admin"] },
      untilMs: Number.POSITIVE_INFINITY,
    });
    const refused = authenticate({ catalog, tokens, clock, anonymous: undefined }, none);
    await expect(refused).rejects.toMatchObject(unauthenticated);
  });
});

describe("the bootstrap key", () => {
  const bootstrap = (of: TenantId, given?: string) => bootstrapKey({ catalog, tenantId: of, given, random });
  const newTenant = async () => (await catalog.tenants.create({ name: "New" })).id;

  test("is made once, of a tenant that nobody can enter", async () => {
    const id = await newTenant();
    const key = await bootstrap(id);
    expect(key!.secret).toMatch(/^akidb_/);
    expect(await catalog.apiKeys.findByHash(key!.keyHash)).toMatchObject({
      tenantId: id,
      name: "bootstrap",
      role: "admin",
      prefix: key!.prefix,
    });
    expect(await bootstrap(id)).toBeUndefined();
    expect(await bootstrap(tenantId)).toBeUndefined();
  });

  test("may be given, in the shape of a key", async () => {
    const id = await newTenant();
    for (const given of ["", "secret", "akidb_short"]) {
      await expect(bootstrap(id, given)).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [expect.objectContaining({ path: "AKIDB_BOOTSTRAP_API_KEY" })],
      });
    }
    const { secret } = makeApiKey(random);
    expect(await bootstrap(id, secret)).toMatchObject({ secret });
    expect(await bootstrap(id, secret)).toBeUndefined();
  });
});
