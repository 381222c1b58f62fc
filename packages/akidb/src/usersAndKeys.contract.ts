import {
  type AkiDb,
  AkiDbError,
  type Collection,
  type CreateApiKeyInput,
  type CreateUserInput,
  collectionOperations,
  type JsonObject,
  type UpdateUserInput,
} from "@akidb/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const unknownId = "00000000-0000-7000-8000-000000000000";
const password = "four words of no meaning";

/** What `AkiDb` promises of users, keys and sessions, whatever is behind it, to an admin of the default tenant. */
export function checkUsersAndKeys(database: () => AkiDb, newCollection: () => Promise<Collection>): void {
  describe("users and keys", () => {
    let userCount = 0;
    const newUser = (input: Partial<CreateUserInput> = {}) =>
      database().users.create({ email: `u${++userCount}@example.org`, password, role: "viewer", ...input });

    async function refusal(work: Promise<unknown>): Promise<readonly [code: string, ...paths: string[]]> {
      const error = await work.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(AkiDbError);
      const { code, violations, message } = error as AkiDbError;
      expect(message).not.toContain(password);
      return [code, ...violations.map(({ path }) => path)];
    }

    it("creates, shows, lists, changes and deletes users", async () => {
      const { users } = database();
      const made = await newUser({ email: "Ada@Example.org", role: "developer" });
      expect(made).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        tenantId: expect.any(String),
        email: "Ada@Example.org",
        role: "developer",
        status: "active",
        lastLoginAt: null,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      expect(await users.get(made.id)).toEqual(made);
      expect(await users.get("ada@example.ORG", { tenant: "default" })).toEqual(made);
      expect(await users.get(made.id, { tenant: made.tenantId })).toEqual(made);
      expect(await refusal(newUser({ email: "ADA@example.org" }))).toEqual(["already_exists", "email"]);

      const changed = await users.update(made.id, { email: "ada@example.org", role: "viewer" });
      expect(changed).toMatchObject({ email: "ada@example.org", role: "viewer", status: "active" });
      expect(await users.update("ada@example.org", { status: "suspended" })).toMatchObject({
        status: "suspended",
      });
      await users.update(made.id, { status: "deactivated" });
      expect(await refusal(users.update(made.id, { status: "active" }))).toEqual(["invalid_state"]);

      const { id } = await newUser();
      const first = await users.list({ limit: 1 });
      const rest = await users.list({ cursor: first.nextCursor! });
      const listed = [...first.items, ...rest.items];
      expect(listed.map((user) => user.id)).toEqual(expect.arrayContaining([made.id, id]));
      expect(listed.length).toBe(new Set(listed.map((user) => user.id)).size);

      await users.delete(made.id);
      for (const gone of [made.id, "ada@example.org", unknownId, "nobody"]) {
        expect(await refusal(users.get(gone))).toEqual(["not_found"]);
        expect(await refusal(users.update(gone, { role: "viewer" }))).toEqual(["not_found"]);
        expect(await refusal(users.delete(gone))).toEqual(["not_found"]);
      }
    });

    it.each<[paths: readonly string[], input: JsonObject]>([
      [["email"], { email: "ada" }],
      [["email"], { email: `${"a".repeat(65)}@example.org` }],
      [["email"], { email: "a b@example.org" }],
      [["password"], { password: "short" }],
      [["password"], { password: "aaaaaaaaaaaaaaaa" }],
      [["password"], { password: "x1y2z3".repeat(200) }],
      [["password"], { email: "ada@example.org", password: "12 ADA@example.org" }],
      [["email", "password"], { email: "", password: "" }],
      [["role"], { role: "root" }],
    ])("refuses a user with a bad %s: %j", async (paths, input) => {
      const work = newUser(input as Partial<CreateUserInput>);
      expect(await refusal(work)).toEqual(["invalid_argument", ...paths]);
    });

    it("refuses a change that is none, and a bad one, and leaves the user as it is", async () => {
      const { users } = database();
      const made = await newUser();
      for (const [paths, changes] of [
        [[""], {}],
        [["email", "password"], { email: "x", password: "y", role: "admin" }],
        [["role"], { role: "root" }],
        [["status"], { status: "gone" }],
      ] as const) {
        const work = users.update(made.id, changes as UpdateUserInput);
        expect(await refusal(work)).toEqual(["invalid_argument", ...paths]);
      }
      expect(await users.get(made.id)).toEqual(made);
    });

    it("knows no tenant that is not there", async () => {
      const { users, apiKeys, auth } = database();
      for (const tenant of [unknownId, "nobody", ""]) {
        expect(await refusal(users.list({ tenant }))).toEqual(["not_found"]);
        expect(await refusal(newUser({ tenant }))).toEqual(["not_found"]);
        expect(await refusal(apiKeys.list({ tenant }))).toEqual(["not_found"]);
        const login = auth.login({ tenant, email: "ada@example.org", password });
        expect(await refusal(login)).toEqual(["unauthenticated"]);
      }
    });

    it("makes keys, shows their secret once, and revokes and deletes them", async () => {
      const { apiKeys } = database();
      const { secret, ...made } = await apiKeys.create({ name: "ci", role: "developer" });
      expect(secret).toMatch(/^akidb_[\w-]{43}$/);
      expect(made).toEqual({
        id: expect.any(String),
        tenantId: expect.any(String),
        userId: null,
        name: "ci",
        prefix: secret.slice(0, 12),
        role: "developer",
        databases: null,
        collections: null,
        readOnly: false,
        filter: null,
        expiresAt: null,
        lastUsedAt: null,
        revokedAt: null,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      expect(await apiKeys.get(made.id)).toEqual(made);
      const revoked = await apiKeys.revoke(made.id);
      expect(revoked).toMatchObject({ id: made.id, revokedAt: expect.any(String) });
      expect(await apiKeys.revoke(made.id)).toEqual(revoked);
      expect((await apiKeys.list()).items).toContainEqual(revoked);
      await apiKeys.delete(made.id);
      for (const gone of [made.id, unknownId]) {
        expect(await refusal(apiKeys.get(gone))).toEqual(["not_found"]);
        expect(await refusal(apiKeys.revoke(gone))).toEqual(["not_found"]);
        expect(await refusal(apiKeys.delete(gone))).toEqual(["not_found"]);
      }
    });

    it("confines keys to what is named", async () => {
      const { apiKeys } = database();
      const { email, id: userId } = await newUser();
      const { nameOrId: name } = await newCollection();
      const { id, databaseId } = await database().getCollection(name);
      const made = await apiKeys.create({
        name: "narrow",
        user: email,
        databases: ["default", databaseId],
        collections: [name, id, `default/${name}`],
        readOnly: true,
        filter: { team: { $in: ["a", "b"] } },
        expiresAt: "2999-01-31T13:00:00+01:00",
      });
      expect(made).toMatchObject({
        userId,
        role: null,
        databases: [databaseId],
        collections: [id],
        readOnly: true,
        filter: { team: { $in: ["a", "b"] } },
        expiresAt: "2999-01-31T12:00:00.000Z",
      });
      expect((await apiKeys.list({ user: email })).items.map((key) => key.id)).toEqual([made.id]);
      await database().users.delete(userId);
      expect(await refusal(apiKeys.get(made.id))).toEqual(["not_found"]);
    });

    it.each<[paths: readonly string[], input: JsonObject]>([
      [["name"], { name: "" }],
      [["name"], { name: "two\nlines" }],
      [["role"], { name: "no role and no user" }],
      [["role"], { role: "root" }],
      [["databases"], { databases: [] }],
      [["databases[1]"], { databases: ["default", "none"] }],
      [["databases[0]"], { databases: [unknownId] }],
      [["collections[0]", "collections[1]"], { collections: [unknownId, "nothing", "a/b/c"].slice(1) }],
      [["collections[0]"], { databases: ["default"], collections: ["other/books"] }],
      [["filter.year.$odd"], { filter: { year: { $odd: 1 } } }],
      [["expires_at"], { expiresAt: "tomorrow" }],
      [["expires_at"], { expiresAt: "2020-01-01T00:00:00Z" }],
      [["expires_at"], { expiresAt: "2999-01-31T12:00:00" }],
    ])("refuses a key with a bad %s: %j", async (paths, input) => {
      const role = "role" in input || input["name"] === "no role and no user" ? {} : { role: "viewer" };
      const work = database().apiKeys.create({ name: "k", ...role, ...input } as CreateApiKeyInput);
      expect(await refusal(work)).toEqual(["invalid_argument", ...paths]);
    });

    it("lets nobody have a key who is not there", async () => {
      const work = database().apiKeys.create({ name: "k", user: "nobody@example.org" });
      expect(await refusal(work)).toEqual(["not_found"]);
    });

    describe("sessions", () => {
      let email: string;
      beforeAll(async () => {
        ({ email } = await newUser());
      });

      it("begin with a password and go on with refresh tokens, each of which is good once", async () => {
        const { auth, users } = database();
        const begun = await auth.login({ email: email.toUpperCase(), password });
        expect(begun).toMatchObject({
          accessToken: expect.any(String),
          expiresInSeconds: 900,
          refreshToken: expect.stringMatching(/^akidb_rt_/),
          user: { email, lastLoginAt: expect.any(String) },
        });
        const next = await auth.refresh(begun.refreshToken);
        expect(next.refreshToken).not.toBe(begun.refreshToken);
        expect(await refusal(auth.refresh(begun.refreshToken))).toEqual(["unauthenticated"]);
        // The thief's or the owner's, nobody knows: both are out.
        expect(await refusal(auth.refresh(next.refreshToken))).toEqual(["unauthenticated"]);
        const again = await auth.login({ tenant: "default", email, password });
        await users.update(email, { password: `${password} but new` });
        expect(await refusal(auth.refresh(again.refreshToken))).toEqual(["unauthenticated"]);
        expect(await refusal(auth.login({ email, password }))).toEqual(["unauthenticated"]);
        const last = await auth.login({ email, password: `${password} but new` });
        await users.update(email, { status: "suspended" });
        expect(await refusal(auth.refresh(last.refreshToken))).toEqual(["unauthenticated"]);
        await users.update(email, { status: "active" });
        expect(await refusal(auth.refresh(last.refreshToken))).toEqual(["unauthenticated"]);
      });

      it("are nothing to a caller that is in none", async () => {
        const { auth } = database();
        expect(await auth.me()).toMatchObject({ roles: ["admin"], user: null, apiKey: null });
        expect(await auth.permissions()).toEqual({ operations: collectionOperations });
        expect(await refusal(auth.permissions({ database: "none" }))).toEqual(["not_found"]);
        expect(await refusal(auth.logout())).toEqual(["failed_precondition"]);
        const change = auth.changePassword({ currentPassword: password, newPassword: `${password}!` });
        expect(await refusal(change)).toEqual(["failed_precondition"]);
      });

      afterAll(() => database().users.delete(email));
    });
  });
}
