import {
  type ApiKeyId,
  type CollectionId,
  type JsonObject,
  type PageRequest,
  type PolicyId,
  parseId,
  type SessionId,
  type TenantId,
  tiers,
  type UserId,
} from "@akidb/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NewApiKey } from "./apiKey.ts";
import type { Catalog } from "./catalog.ts";
import { all, checkSteps, expectRefusal } from "./catalogChecks.contract.ts";
import { roles } from "./role.ts";
import { type NewUser, type UserStatus, userStatuses } from "./user.ts";

/** The catalog of the test that runs, and its clock. */
export interface CatalogUnderTest {
  readonly catalog: Catalog;
  /** Negative for a clock that goes back. */
  advance(ms: number): void;
}

const nobody = parseId("0199d6a0-0000-7000-8000-000000000000")!;
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
const now = "2026-01-31T09:30:00.000Z";
const sha256 = (fill: number): Uint8Array => Buffer.alloc(32, fill);

/** Written out once more, from the product's contract. */
const userSteps = new Set([
  "active suspended",
  "suspended active",
  "active deactivated",
  "suspended deactivated",
]);

/** Users, API keys, policies, sessions and tiers, as every implementation of {@link Catalog} keeps them. */
export function checkAccessControl(current: () => CatalogUnderTest): void {
  const newTenant = async (): Promise<TenantId> =>
    (await current().catalog.tenants.create({ name: "Acme" })).id;
  const newUser = async (input: Partial<NewUser> & { readonly tenantId?: TenantId } = {}) => {
    const { tenantId = await newTenant(), ...user } = input;
    return current().catalog.users.create(tenantId, {
      email: "ada@example.org",
      role: "developer",
      passwordHash,
      ...user,
    });
  };

  describe("users", () => {
    test("begin as active, and are found by their e-mail in any case", async () => {
      const { users } = current().catalog;
      const user = await newUser({ email: "Ada@Example.org", role: "viewer" });
      expect(user).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        tenantId: expect.any(String),
        email: "Ada@Example.org",
        role: "viewer",
        status: "active",
        lastLoginAt: null,
        createdAt: now,
        updatedAt: now,
      });
      expect(await users.get(user.id)).toEqual(user);
      expect(await users.findByEmail(user.tenantId, "aDA@eXAMPLE.ORG")).toEqual(user);
      expect(await users.findCredentials(user.tenantId, "ada@example.org")).toEqual({ user, passwordHash });
      expect(await users.findByEmail(await newTenant(), "ada@example.org")).toBeUndefined();
      expect(await users.findCredentials(user.tenantId, "bob@example.org")).toBeUndefined();
    });

    test("have an e-mail of their own in their tenant, whatever its case", async () => {
      const { users } = current().catalog;
      const [one, two] = [await newTenant(), await newTenant()];
      const a = await newUser({ tenantId: one });
      const b = await newUser({ tenantId: two });
      const c = await newUser({ tenantId: one, email: "c@example.org" });
      await expectRefusal(
        newUser({ tenantId: one, email: "ADA@EXAMPLE.ORG" }),
        "already_exists",
        ["email"],
        /user with email "ADA@EXAMPLE.ORG" already exists/,
      );
      await expectRefusal(users.update(c.id, { email: "Ada@example.org" }), "already_exists", ["email"]);
      expect(await users.update(a.id, { email: "ADA@example.org" })).toMatchObject({
        email: "ADA@example.org",
      });
      expect(await all((page) => users.list(one, { ...page, limit: 1 }))).toMatchObject([
        { id: a.id },
        { id: c.id },
      ]);
      expect(await all((page) => users.list(two, page))).toEqual([b]);
    });

    test.each([
      "a@b",
      "first.last+tag@sub.example.co.uk",
      "!#$%&'*+/=?^_`{|}~-@x.yz",
      `${"l".repeat(64)}@${"d".repeat(63)}.org`,
      "me@xn--bcher-kva.example",
      "1@2.3",
    ])("take the e-mail %s", async (email) => {
      expect(await newUser({ email })).toMatchObject({ email });
    });

    test.each<[string, JsonObject]>([
      ["email", { email: "" }],
      ["email", { email: "ada" }],
      ["email", { email: "@example.org" }],
      ["email", { email: "ada@" }],
      ["email", { email: "a b@example.org" }],
      ["email", { email: " ada@example.org" }],
      ["email", { email: "ada@example.org\n" }],
      ["email", { email: "a..b@example.org" }],
      ["email", { email: ".a@example.org" }],
      ["email", { email: "a@b@example.org" }],
      ["email", { email: '"a b"@example.org' }],
      ["email", { email: "a@[127.0.0.1]" }],
      ["email", { email: "a@-x.org" }],
      ["email", { email: "a@x..org" }],
      ["email", { email: "ä@example.org" }],
      ["email", { email: "a@bücher.example" }],
      ["email", { email: `${"l".repeat(65)}@example.org` }],
      ["email", { email: `a@${"d".repeat(64)}.org` }],
      ["email", { email: `a@${"d.".repeat(126)}org` }],
      ["email", { email: 17 }],
      ["role", { role: "root" }],
    ])("refuse a bad %s: %j", async (field, input) => {
      const { users } = current().catalog;
      const user = await newUser({ email: "first@example.org" });
      const { tenantId } = user;
      await expectRefusal(newUser({ tenantId, ...input }), "invalid_argument", [field]);
      await expectRefusal(users.update(user.id, input), "invalid_argument", [field]);
      expect(await all((page) => users.list(tenantId, page))).toEqual([user]);
    });

    test("take or refuse any text for an e-mail, and give back what they took", async () => {
      const tenantId = await newTenant();
      const texts = fc.oneof(
        fc.emailAddress(),
        fc.string({ unit: "binary" }),
        fc.string({ unit: "grapheme" }),
      );
      const property = fc.asyncProperty(texts, async (email) => {
        const outcome = await newUser({ tenantId, email }).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ name: "AkiDbError" });
          expect(["invalid_argument", "already_exists"]).toContain((outcome as { code?: string }).code);
        } else expect(outcome).toMatchObject({ email });
      });
      await fc.assert(property, { numRuns: 200 });
    });

    test("change what is given, and nothing else", async () => {
      const { catalog, advance } = current();
      const user = await newUser();
      advance(5);
      const changed = await catalog.users.update(user.id, { role: "admin" });
      expect(changed).toEqual({ ...user, role: "admin", updatedAt: "2026-01-31T09:30:00.005Z" });
      await catalog.users.update(user.id, { passwordHash: `${passwordHash}2` });
      expect(await catalog.users.findCredentials(user.tenantId, user.email)).toMatchObject({
        passwordHash: `${passwordHash}2`,
      });
    });

    test("keep the time of their last login", async () => {
      const { catalog, advance } = current();
      const { id } = await newUser();
      advance(1_000);
      await catalog.users.recordLogin(id);
      expect(await catalog.users.get(id)).toMatchObject({ lastLoginAt: "2026-01-31T09:30:01.000Z" });
    });

    test("change state only along the allowed steps", async () => {
      const { users } = current().catalog;
      const tenantId = await newTenant();
      let count = 0;
      const tours: UserStatus[][] = [
        ["suspended", "active", "deactivated"],
        ["suspended", "deactivated"],
      ];
      await checkSteps(userStatuses, tours, userSteps, async () => {
        const { id } = await newUser({ tenantId, email: `u${count++}@example.org` });
        return {
          set: async (to) => (await users.setStatus(id, to)).status,
          get: async () => (await users.get(id)).status,
        };
      });
    });

    test("take their keys and sessions with them, and go with their tenant", async () => {
      const { users, apiKeys, sessions, tenants } = current().catalog;
      const { id: userId, tenantId } = await newUser();
      const key = await apiKeys.create(tenantId, {
        name: "k",
        userId,
        keyHash: sha256(1),
        prefix: "akidb_1",
      });
      const own = await apiKeys.create(tenantId, {
        name: "k",
        role: "viewer",
        keyHash: sha256(2),
        prefix: "a",
      });
      const token = { tokenHash: sha256(3), expiresAt: "2026-02-01T00:00:00.000Z" };
      const session = await sessions.create({ tenantId, userId, expiresAt: token.expiresAt, token });
      await users.delete(userId);
      await expectRefusal(users.get(userId), "not_found");
      await expectRefusal(apiKeys.get(key.id), "not_found");
      expect(await sessions.find(session.id)).toBeUndefined();
      expect(await apiKeys.get(own.id)).toEqual(own);
      const other = await newUser({ tenantId });
      await tenants.delete(tenantId);
      await expectRefusal(users.get(other.id), "not_found");
      await expectRefusal(apiKeys.get(own.id), "not_found");
    });

    test("that do not exist are not found, nor is their tenant", async () => {
      const { users } = current().catalog;
      const id = nobody as UserId;
      await expectRefusal(users.get(id), "not_found", [], new RegExp(`user "${id}"`));
      await expectRefusal(users.update(id, { role: "admin" }), "not_found");
      await expectRefusal(users.setStatus(id, "suspended"), "not_found");
      await expectRefusal(users.recordLogin(id), "not_found");
      await expectRefusal(users.delete(id), "not_found");
      await expectRefusal(newUser({ tenantId: nobody as TenantId }), "not_found", [], /tenant/);
    });
  });

  describe("API keys", () => {
    const newKey = async (input: Partial<NewApiKey> & { readonly tenantId?: TenantId } = {}) => {
      const { tenantId = await newTenant(), ...key } = input;
      return current().catalog.apiKeys.create(tenantId, {
        name: "ci",
        role: "developer",
        keyHash: sha256(1),
        prefix: "akidb_AbCdEf",
        ...key,
      });
    };

    test("begin with no limit but their role, and are found by their hash", async () => {
      const { apiKeys } = current().catalog;
      const key = await newKey();
      expect(key).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        tenantId: expect.any(String),
        userId: null,
        name: "ci",
        prefix: "akidb_AbCdEf",
        role: "developer",
        databases: null,
        collections: null,
        readOnly: false,
        filter: null,
        expiresAt: null,
        lastUsedAt: null,
        revokedAt: null,
        createdAt: now,
        updatedAt: now,
      });
      expect(await apiKeys.get(key.id)).toEqual(key);
      expect(await apiKeys.findByHash(sha256(1))).toEqual(key);
      expect(await apiKeys.findByHash(sha256(2))).toBeUndefined();
    });

    test("keep what they are given", async () => {
      const user = await newUser();
      const given = {
        tenantId: user.tenantId,
        userId: user.id,
        name: "only mine",
        role: null,
        databases: [nobody as never],
        collections: [nobody as CollectionId],
        readOnly: true,
        filter: { tenant: { $eq: "a" } },
        expiresAt: "2026-12-31T00:00:00.000Z",
      };
      const { id } = await newKey(given);
      expect(await current().catalog.apiKeys.get(id)).toMatchObject(given);
    });

    test.each<[string, JsonObject]>([
      ["name", { name: "" }],
      ["name", { name: "two\nlines" }],
      ["role", { role: "root" }],
      ["role", { role: null }],
      ["databases", { databases: [] }],
      ["databases[1]", { databases: [nobody, "main"] }],
      ["databases[0]", { databases: [nobody.toUpperCase()] }],
      ["collections", { collections: "docs" }],
      ["collections[0]", { collections: [1] }],
      ["read_only", { readOnly: 1 }],
      ["filter", { filter: [] }],
      ["expires_at", { expiresAt: "tomorrow" }],
      ["expires_at", { expiresAt: "2026-02-30T00:00:00.000Z" }],
      ["expires_at", { expiresAt: "2026-02-01" }],
    ])("refuse a bad %s: %j", async (field, input) => {
      const tenantId = await newTenant();
      await expectRefusal(newKey({ tenantId, ...(input as Partial<NewApiKey>) }), "invalid_argument", [
        field,
      ]);
      expect(await current().catalog.apiKeys.list(tenantId)).toEqual({ items: [] });
    });

    test("belong to a user of their own tenant", async () => {
      const user = await newUser();
      const foreign = newKey({ tenantId: await newTenant(), userId: user.id });
      await expectRefusal(foreign, "not_found", [], new RegExp(`user "${user.id}"`));
      await expectRefusal(newKey({ tenantId: nobody as TenantId }), "not_found", [], /tenant/);
    });

    test("are listed by tenant, in order of creation", async () => {
      const { apiKeys } = current().catalog;
      const [one, two] = [await newTenant(), await newTenant()];
      const made = [];
      for (const fill of [3, 1, 2]) made.push(await newKey({ tenantId: one, keyHash: sha256(fill) }));
      await newKey({ tenantId: two, keyHash: sha256(4) });
      expect(await all((page) => apiKeys.list(one, { ...page, limit: 2 }))).toEqual(made);
    });

    test("are listed by user", async () => {
      const { apiKeys } = current().catalog;
      const { id: userId, tenantId } = await newUser();
      const key = (fill: number, owner: UserId | null) =>
        newKey({ tenantId, userId: owner, keyHash: sha256(fill) });
      const made = [await key(1, userId), await key(3, userId)];
      await key(2, null);
      expect(await all((page) => apiKeys.list(tenantId, { ...page, userId, limit: 1 }))).toEqual(made);
      expect(await apiKeys.list(tenantId, { userId: nobody as UserId })).toEqual({ items: [] });
    });

    test("are revoked for good, once", async () => {
      const { catalog, advance } = current();
      const key = await newKey();
      advance(10);
      const revoked = await catalog.apiKeys.revoke(key.id);
      expect(revoked).toEqual({
        ...key,
        revokedAt: "2026-01-31T09:30:00.010Z",
        updatedAt: "2026-01-31T09:30:00.010Z",
      });
      advance(10);
      expect(await catalog.apiKeys.revoke(key.id)).toEqual(revoked);
      expect(await catalog.apiKeys.findByHash(sha256(1))).toEqual(revoked);
    });

    test("keep the time of their last use", async () => {
      const { catalog, advance } = current();
      const { id } = await newKey();
      advance(1);
      await catalog.apiKeys.recordUse(id);
      expect(await catalog.apiKeys.get(id)).toMatchObject({ lastUsedAt: "2026-01-31T09:30:00.001Z" });
      await catalog.apiKeys.delete(id);
      await catalog.apiKeys.recordUse(id);
      await expectRefusal(catalog.apiKeys.get(id), "not_found");
    });

    test("that do not exist are not found", async () => {
      const { apiKeys } = current().catalog;
      const id = nobody as ApiKeyId;
      await expectRefusal(apiKeys.get(id), "not_found", [], new RegExp(`API key "${id}"`));
      await expectRefusal(apiKeys.revoke(id), "not_found");
      await expectRefusal(apiKeys.delete(id), "not_found");
    });
  });

  describe("policies", () => {
    const cedarText = 'forbid (principal, action, resource) when { resource.name like "secret*" };';

    test("are created enabled, changed and deleted", async () => {
      const { catalog, advance } = current();
      const tenantId = await newTenant();
      const policy = await catalog.policies.create(tenantId, { name: "no secrets", cedarText });
      expect(policy).toEqual({
        id: expect.any(String),
        tenantId,
        name: "no secrets",
        cedarText,
        enabled: true,
        createdAt: now,
        updatedAt: now,
      });
      expect(await catalog.policies.findByName(tenantId, "no secrets")).toEqual(policy);
      advance(1);
      const changed = await catalog.policies.update(policy.id, { enabled: false });
      expect(changed).toEqual({ ...policy, enabled: false, updatedAt: "2026-01-31T09:30:00.001Z" });
      expect(await catalog.policies.get(policy.id)).toEqual(changed);
      await catalog.policies.delete(policy.id);
      await expectRefusal(catalog.policies.get(policy.id), "not_found");
    });

    test("have a name of their own in their tenant", async () => {
      const { policies } = current().catalog;
      const [one, two] = [await newTenant(), await newTenant()];
      const a = await policies.create(one, { name: "a", cedarText });
      const b = await policies.create(one, { name: "b", cedarText, enabled: false });
      await policies.create(two, { name: "a", cedarText });
      await expectRefusal(policies.create(one, { name: "a", cedarText }), "already_exists", ["name"]);
      await expectRefusal(policies.update(b.id, { name: "a" }), "already_exists", ["name"]);
      expect(await all((page) => policies.list(one, { ...page, limit: 1 }))).toEqual([a, b]);
    });

    test.each<[string, JsonObject]>([
      ["name", { name: "" }],
      ["cedar_text", { cedarText: "" }],
      ["cedar_text", { cedarText: "x".repeat(16_385) }],
      ["cedar_text", { cedarText: "a\0b" }],
      ["enabled", { enabled: "yes" }],
    ])("refuse a bad %s", async (field, input) => {
      const { policies } = current().catalog;
      const tenantId = await newTenant();
      const policy = await policies.create(tenantId, { name: "first", cedarText });
      const second = policies.create(tenantId, { name: "second", cedarText, ...input });
      await expectRefusal(second, "invalid_argument", [field]);
      await expectRefusal(policies.update(policy.id, input), "invalid_argument", [field]);
      expect(await all((page) => policies.list(tenantId, page))).toEqual([policy]);
    });

    test("that do not exist are not found, nor is their tenant", async () => {
      const { policies } = current().catalog;
      const id = nobody as PolicyId;
      await expectRefusal(policies.get(id), "not_found", [], new RegExp(`policy "${id}"`));
      await expectRefusal(policies.update(id, { name: "x" }), "not_found");
      await expectRefusal(policies.delete(id), "not_found");
      await expectRefusal(policies.create(nobody as TenantId, { name: "x", cedarText }), "not_found");
    });
  });

  describe("sessions", () => {
    const day = 86_400_000;
    const expiresAt = "2026-03-02T09:30:00.000Z";
    const tokenOf = (fill: number, days = 1) => ({
      tokenHash: sha256(fill),
      expiresAt: new Date(Date.parse(now) + days * day).toISOString(),
    });
    const newSession = async () => {
      const { id: userId, tenantId } = await newUser();
      return current().catalog.sessions.create({ tenantId, userId, expiresAt, token: tokenOf(1) });
    };

    test("live on by tokens that are used once", async () => {
      const { catalog, advance } = current();
      const session = await newSession();
      expect(session).toEqual({
        id: expect.any(String),
        tenantId: expect.any(String),
        userId: expect.any(String),
        expiresAt,
        revokedAt: null,
        createdAt: now,
        updatedAt: now,
      });
      expect(await catalog.sessions.find(session.id)).toEqual(session);
      for (const fill of [2, 3, 4]) {
        advance(1_000);
        const rotation = await catalog.sessions.rotate(sha256(fill - 1), tokenOf(fill));
        expect(rotation).toEqual({ outcome: "rotated", session });
      }
    });

    test.each([1, 2])("end when a token is used again: that of %i rotations before", async (age) => {
      const { sessions } = current().catalog;
      const { id } = await newSession();
      await sessions.rotate(sha256(1), tokenOf(2));
      await sessions.rotate(sha256(2), tokenOf(3));
      const again = await sessions.rotate(sha256(3 - age), tokenOf(9));
      expect(again).toMatchObject({ outcome: "reused", session: { id, revokedAt: now } });
      expect(await sessions.find(id)).toMatchObject({ revokedAt: now });
      expect(await sessions.rotate(sha256(3), tokenOf(8))).toMatchObject({ outcome: "ended" });
      expect(await sessions.rotate(sha256(9), tokenOf(8))).toEqual({ outcome: "unknown" });
    });

    test("give one of two callers with the same token the next", async () => {
      const { sessions } = current().catalog;
      await newSession();
      const rotations = await Promise.all([2, 3].map((fill) => sessions.rotate(sha256(1), tokenOf(fill))));
      expect(rotations.map(({ outcome }) => outcome)).toEqual(["rotated", "reused"]);
    });

    test("end with their token, and at the latest in their time", async () => {
      const { catalog, advance } = current();
      const { id } = await newSession();
      await catalog.sessions.rotate(sha256(1), tokenOf(2, 365));
      advance(29 * day);
      expect(await catalog.sessions.rotate(sha256(2), tokenOf(3, 29.5))).toMatchObject({
        outcome: "rotated",
      });
      advance(day / 2);
      expect(await catalog.sessions.rotate(sha256(3), tokenOf(4))).toMatchObject({ outcome: "ended" });
      expect(await catalog.sessions.deleteExpired()).toBe(0);
      advance(day / 2);
      expect(await catalog.sessions.deleteExpired()).toBe(1);
      expect(await catalog.sessions.find(id)).toBeUndefined();
      expect(await catalog.sessions.rotate(sha256(3), tokenOf(4))).toEqual({ outcome: "unknown" });
    });

    test("are revoked one by one, or all of a user", async () => {
      const { sessions } = current().catalog;
      const first = await newSession();
      const { tenantId, userId } = first;
      const more = [];
      for (const fill of [5, 6]) {
        more.push(await sessions.create({ tenantId, userId, expiresAt, token: tokenOf(fill) }));
      }
      await sessions.revoke(first.id);
      await sessions.revoke(first.id);
      await sessions.revoke(nobody as SessionId);
      expect(await sessions.rotate(sha256(1), tokenOf(2))).toMatchObject({ outcome: "ended" });
      expect(await sessions.find(more[0]!.id)).toMatchObject({ revokedAt: null });
      expect(await sessions.revokeAllOf(userId)).toBe(2);
      expect(await sessions.revokeAllOf(userId)).toBe(0);
      expect(await sessions.rotate(sha256(6), tokenOf(2))).toMatchObject({ outcome: "ended" });
    });

    test("belong to a user of their tenant", async () => {
      const { id: userId } = await newUser();
      const foreign = { tenantId: await newTenant(), userId, expiresAt, token: tokenOf(1) };
      await expectRefusal(current().catalog.sessions.create(foreign), "not_found", [], /user/);
    });
  });

  describe("tiers", () => {
    const newCollection = async (name: string) => {
      const { databases, collections, tenants } = current().catalog;
      const { id: tenantId } = await tenants.create({ name });
      const { id } = await databases.create(tenantId, { name: "main" });
      return (await collections.create(id, { name: "docs", dimension: 16 })).id;
    };

    test("of a new collection are hot, and go with it", async () => {
      const { collectionTiers, collections } = current().catalog;
      const collectionId = await newCollection("a");
      expect(await collectionTiers.get(collectionId)).toEqual({
        collectionId,
        tier: "hot",
        pinned: false,
        accessCount: 0,
        accessWindowStart: null,
        lastAccessedAt: null,
        snapshotId: null,
        warmPath: null,
        createdAt: now,
        updatedAt: now,
      });
      await collections.delete(collectionId);
      await expectRefusal(collectionTiers.get(collectionId), "not_found");
    });

    test("keep what they are given", async () => {
      const { catalog, advance } = current();
      const collectionId = await newCollection("a");
      advance(1);
      const given = {
        tier: "cold",
        pinned: true,
        accessCount: 3,
        accessWindowStart: now,
        lastAccessedAt: now,
        snapshotId: nobody as never,
        warmPath: "collections/x",
      } as const;
      const updated = await catalog.collectionTiers.update(collectionId, given);
      expect(updated).toEqual({
        collectionId,
        ...given,
        createdAt: now,
        updatedAt: "2026-01-31T09:30:00.001Z",
      });
      expect(await catalog.collectionTiers.get(collectionId)).toEqual(updated);
    });

    test("are listed in pages, all or one tier", async () => {
      const { collectionTiers } = current().catalog;
      const ids = [];
      for (const name of ["a", "b", "c"]) ids.push(await newCollection(name));
      await collectionTiers.update(ids[1]!, { tier: "warm" });
      const listed = (more: object) =>
        all((page: PageRequest) => collectionTiers.list({ ...page, limit: 1, ...more }));
      const idsOf = async (more: object) => (await listed(more)).map(({ collectionId }) => collectionId);
      expect(await idsOf({})).toEqual(ids);
      expect(await idsOf({ tier: "hot" })).toEqual([ids[0], ids[2]]);
      expect(await idsOf({ tier: "warm" })).toEqual([ids[1]]);
      expect(tiers.length).toBe(3);
    });

    test.each<[string, JsonObject]>([
      ["tier", { tier: "tepid" }],
      ["pinned", { pinned: 1 }],
      ["access_count", { accessCount: -1 }],
      ["access_window_start", { accessWindowStart: "now" }],
      ["last_accessed_at", { lastAccessedAt: "" }],
      ["snapshot_id", { snapshotId: "x" }],
      ["warm_path", { warmPath: "x".repeat(4_097) }],
    ])("refuse a bad %s", async (field, input) => {
      const { collectionTiers } = current().catalog;
      const collectionId = await newCollection("a");
      const before = await collectionTiers.get(collectionId);
      await expectRefusal(collectionTiers.update(collectionId, input), "invalid_argument", [field]);
      expect(await collectionTiers.get(collectionId)).toEqual(before);
    });
  });

  test("every list refuses a bad limit and a bad cursor", async () => {
    const { users, apiKeys, policies, collectionTiers } = current().catalog;
    const tenantId = await newTenant();
    for (const list of [
      (page: PageRequest) => users.list(tenantId, page),
      (page: PageRequest) => apiKeys.list(tenantId, page),
      (page: PageRequest) => policies.list(tenantId, page),
      (page: PageRequest) => collectionTiers.list(page),
    ]) {
      await expectRefusal(list({ limit: 0 }), "invalid_argument", ["limit"]);
      await expectRefusal(list({ cursor: tenantId }), "invalid_argument", ["cursor"]);
    }
  });

  test("there are four roles", () => {
    expect(roles).toEqual(["admin", "developer", "viewer", "auditor"]);
  });
}
