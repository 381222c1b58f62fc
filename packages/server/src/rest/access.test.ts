import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock, systemRandom } from "@akidb/base";
import { exportAuditLog } from "@akidb/database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestAnswer, type TestServer } from "../adapters/testServer.test.support.ts";

const password = "four words of no meaning";
const adminKey = `akidb_${"A".repeat(43)}`;

let server: TestServer;
type Ask = (method: string, path: string, body?: unknown) => Promise<TestAnswer>;
let admin: Ask;

beforeAll(async () => {
  server = await startTestServer({
    flags: { "--auth-mode": "required", "--audit-data-plane": "denied", "--auth-token-ttl-seconds": "60" },
    environment: { AKIDB_BOOTSTRAP_API_KEY: adminKey },
  });
  admin = as(adminKey);
  for (const name of ["books", "notes"]) await admin("POST", "/api/v1/collections", { name, dimension: 16 });
});
afterAll(() => server.close());

const as =
  (credential: string): Ask =>
  (method, path, body) =>
    server.call(method, `/api/v1${path.replace("/api/v1", "")}`, body, {
      authorization: `Bearer ${credential}`,
    });
const nobody: Ask = (method, path, body) => server.call(method, `/api/v1${path}`, body);

let userCount = 0;
/** Whoever has just logged in. */
async function userWith(role: string) {
  const email = `${role}${++userCount}@example.org`;
  const { body: user } = await admin("POST", "/users", { email, password, role });
  const { body: tokens } = await nobody("POST", "/auth/login", { email, password });
  return { email, id: user.user_id as string, tokens, ask: as(tokens.access_token) };
}
const keyOf = async (ask: Ask, input: object): Promise<Ask> =>
  as((await ask("POST", "/api-keys", { name: "k", ...input })).body.secret);
const statusOf = async (answer: Promise<TestAnswer>): Promise<number> => (await answer).status;

describe("whoever comes in", () => {
  test("shows a credential that is good, or is refused in one way", async () => {
    const refused = await nobody("GET", "/users");
    expect(refused).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    for (const credential of ["akidb_x", `akidb_${"B".repeat(43)}`, "a.b.c", "x".repeat(5_000)]) {
      const { body } = await as(credential)("GET", "/users");
      expect({ ...body, request_id: null }).toEqual({ ...refused.body, request_id: null });
    }
    const both = { authorization: `Bearer ${adminKey}`, "x-api-key": `akidb_${"B".repeat(43)}` };
    expect((await server.call("GET", "/api/v1/users", undefined, both)).status).toBe(401);
    expect((await server.call("GET", "/api/v1/users", undefined, { "x-api-key": adminKey })).status).toBe(
      200,
    );
  });

  test("logs in for as long as the configuration says, is told who it is, and logs out at once", async () => {
    const { email, id, tokens, ask } = await userWith("developer");
    expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 60, user: { user_id: id, email } });
    expect((await ask("GET", "/auth/me")).body).toMatchObject({
      kind: "user",
      roles: ["developer"],
      user: { user_id: id },
      api_key: null,
    });
    expect(await statusOf(ask("GET", "/collections"))).toBe(200);
    expect(await statusOf(ask("POST", "/auth/logout"))).toBe(204);
    expect(await statusOf(ask("GET", "/collections"))).toBe(401);
    const refresh = nobody("POST", "/auth/refresh", { refresh_token: tokens.refresh_token });
    expect(await statusOf(refresh)).toBe(401);
  });

  test("gets the same answer whether the account, the tenant or the password is wrong", async () => {
    const { email } = await userWith("viewer");
    const tries = [
      { email, password: `${password}!` },
      { email: "nobody@example.org", password },
      { email, password, tenant: "none" },
      { email: "no e-mail", password },
      { email, password: "" },
      { email, password: "x".repeat(5_000) },
    ];
    const answers = [];
    for (const body of tries) answers.push(await nobody("POST", "/auth/login", body));
    for (const { status, body } of answers) {
      expect(status).toBe(401);
      expect({ ...body, request_id: "" }).toEqual({ ...answers[0]!.body, request_id: "" });
    }
    expect(JSON.stringify(answers)).not.toContain(email);
  });

  test("waits after failures, even with the right password", async () => {
    const { email } = await userWith("viewer");
    for (let i = 0; i < 5; i++) await nobody("POST", "/auth/login", { email, password: "wrong" });
    const answer = await nobody("POST", "/auth/login", { email, password });
    expect(answer).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("is out when it is suspended, deleted or given another password", async () => {
    for (const change of [
      (id: string) => admin("PATCH", `/users/${id}`, { status: "suspended" }),
      (id: string) => admin("PATCH", `/users/${id}`, { password: `${password} again` }),
      (id: string) => admin("DELETE", `/users/${id}`),
    ]) {
      const { id, ask } = await userWith("developer");
      expect(await statusOf(ask("GET", "/auth/me"))).toBe(200);
      expect(await statusOf(change(id))).toBeLessThan(300);
      expect(await statusOf(ask("GET", "/auth/me"))).toBe(401);
    }
  });

  test("changes its own password, if it knows it", async () => {
    const { email, ask, tokens } = await userWith("viewer");
    const change = (body: object) => ask("POST", "/auth/password", body);
    const next = "five words of some meaning";
    expect((await change({ current_password: "a guess", new_password: next })).body).toMatchObject({
      code: "invalid_argument",
      errors: [{ path: "current_password" }],
    });
    expect((await change({ current_password: password, new_password: "short" })).body).toMatchObject({
      errors: [{ path: "new_password" }],
    });
    expect(await statusOf(change({ current_password: password, new_password: next }))).toBe(204);
    expect(await statusOf(ask("GET", "/auth/me"))).toBe(401);
    expect(await statusOf(nobody("POST", "/auth/refresh", { refresh_token: tokens.refresh_token }))).toBe(
      401,
    );
    expect(await statusOf(nobody("POST", "/auth/login", { email, password: next }))).toBe(200);
  });

  test("cannot change the password by one that was changed meanwhile", async () => {
    const { email, id, ask } = await userWith("viewer");
    const given = "given by an admin";
    await Promise.all([
      ask("POST", "/auth/password", { current_password: password, new_password: "made by a thief" }),
      admin("PATCH", `/users/${id}`, { password: given }),
    ]);
    expect(await statusOf(nobody("POST", "/auth/login", { email, password: given }))).toBe(200);
  });
});

test("what came of a login, a refresh and a logout is written down, and no secret", async () => {
  const { email, id, tokens, ask } = await userWith("developer");
  await nobody("POST", "/auth/login", { email, password: "not this one" });
  await nobody("POST", "/auth/login", { email: "my password, in the wrong field", password });
  const refreshed = await nobody("POST", "/auth/refresh", { refresh_token: tokens.refresh_token });
  expect(refreshed.status).toBe(200);
  await ask("POST", "/auth/logout");
  await nobody("POST", "/auth/refresh", { refresh_token: refreshed.body.refresh_token });
  await ask("POST", "/users", { email: "x@example.org", password, role: "admin" });
  const { body: key } = await admin("POST", "/api-keys", { name: "a key", role: "viewer" });

  let log = "";
  await exportAuditLog({
    directory: server.directory,
    clock: systemClock,
    random: systemRandom,
    format: "jsonl",
    write: async (text) => {
      log += text;
    },
  });
  const entries = log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const of = (resource: string): readonly string[] =>
    entries
      .filter(({ resource_id }) => resource_id === resource)
      .map(
        ({ action, result, user_id }) => `${action} ${result} ${user_id === id ? "by itself" : "by others"}`,
      );
  expect(of(id)).toEqual([
    "auth::login allowed by itself",
    "auth::refresh allowed by itself",
    "auth::logout allowed by itself",
    "auth::refresh denied by itself",
  ]);
  expect(of(email)).toEqual(["user::create allowed by others", "auth::login denied by others"]);
  expect(of("no e-mail address")).toContain("auth::login denied by others");
  expect(of("a key")).toEqual(["key::manage allowed by others"]);
  for (const secret of [
    password,
    "wrong field",
    adminKey,
    key.secret,
    tokens.access_token,
    tokens.refresh_token,
  ]) {
    expect(log).not.toContain(secret);
  }
});

describe("nobody gets more than it has", () => {
  test("a developer manages its own keys and no others", async () => {
    const { id, email, ask } = await userWith("developer");
    const other = await userWith("viewer");
    const foreign = (await admin("POST", "/api-keys", { name: "foreign", user: other.id })).body.api_key_id;
    const own = await ask("POST", "/api-keys", { name: "own" });
    expect(own).toMatchObject({ status: 201, body: { user_id: id, role: null } });
    expect(await statusOf(ask("POST", "/api-keys", { name: "own", user: email }))).toBe(201);
    const listed = (await ask("GET", "/api-keys")).body.api_keys;
    expect(listed.map((key: { user_id: string }) => key.user_id)).toEqual([id, id]);
    for (const refused of [
      ask("POST", "/api-keys", { name: "k", user: null, role: "viewer" }),
      ask("POST", "/api-keys", { name: "k", user: other.id }),
      ask("GET", `/api-keys?user=${other.id}`),
      ask("GET", `/api-keys/${foreign}`),
      ask("POST", `/api-keys/${foreign}/revoke`),
      ask("DELETE", `/api-keys/${foreign}`),
      ask("POST", "/users", { email: "x@example.org", password, role: "viewer" }),
      ask("PATCH", `/users/${id}`, { role: "admin" }),
      ask("GET", "/users"),
    ]) {
      expect(await refused).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    }
    const key = as(own.body.secret);
    expect((await key("GET", "/auth/me")).body).toMatchObject({ kind: "api_key", roles: ["developer"] });
    expect(await statusOf(ask("POST", `/api-keys/${own.body.api_key_id}/revoke`))).toBe(200);
    expect(await statusOf(key("GET", "/auth/me"))).toBe(401);
    expect(await statusOf(ask("DELETE", `/api-keys/${own.body.api_key_id}`))).toBe(204);
  });

  test("no key makes one that may more, sees more or lives longer", async () => {
    const boss = await userWith("admin");
    const expiresAt = "2999-01-01T00:00:00.000Z";
    const developer = await keyOf(boss.ask, { role: "developer", expires_at: expiresAt });
    const admins = { status: 403, body: { code: "permission_denied" } };
    expect(await developer("POST", "/api-keys", { name: "k", role: "admin" })).toMatchObject(admins);
    expect(await developer("POST", "/api-keys", { name: "k", role: "auditor" })).toMatchObject(admins);
    // Of the same user, who is an admin: without a role of its own it would be one as well.
    expect((await developer("POST", "/api-keys", { name: "k" })).body).toMatchObject({
      role: "developer",
      expires_at: expiresAt,
    });
    const later = await developer("POST", "/api-keys", { name: "k", expires_at: "2999-01-02T00:00:00Z" });
    expect(later).toMatchObject({ status: 400, body: { errors: [{ path: "expires_at" }] } });

    for (const scope of [
      { read_only: true },
      { databases: ["default"] },
      { collections: ["books"] },
      { filter: { team: "a" } },
    ]) {
      const narrow = await keyOf(boss.ask, { role: "admin", ...scope });
      for (const body of [
        { name: "k", role: "viewer" },
        { name: "k", ...scope },
      ]) {
        expect(await narrow("POST", "/api-keys", body)).toMatchObject(admins);
      }
      const user = { email: "wider@example.org", password, role: "admin" };
      expect(await narrow("POST", "/users", user)).toMatchObject(admins);
      expect(await narrow("PATCH", `/users/${boss.id}`, { password: `${password}!` })).toMatchObject(admins);
    }
  });

  test("whoever may change the passwords of viewers does not get one that becomes an admin meanwhile", async () => {
    const helper = await userWith("developer");
    const cedarText =
      'permit (principal in Role::"developer", action == Action::"user::update", resource is User);';
    const { body: policy } = await admin("POST", "/policies", { name: "help desk", cedar_text: cedarText });
    const { id, email } = await userWith("viewer");
    const secret = "known to the help desk";
    expect(await statusOf(helper.ask("PATCH", `/users/${id}`, { password }))).toBe(200);
    await Promise.all([
      helper.ask("PATCH", `/users/${id}`, { password: secret }),
      admin("PATCH", `/users/${id}`, { role: "admin" }),
    ]);
    expect(await statusOf(nobody("POST", "/auth/login", { email, password: secret }))).toBe(401);
    await admin("DELETE", `/policies/${policy.policy_id}`);
  });

  test("a key of a user never may more than its user, whatever it is called", async () => {
    const { id, ask } = await userWith("developer");
    const key = await keyOf(ask, { role: "admin" });
    expect((await key("GET", "/auth/me")).body.roles).toEqual(["admin", "developer"]);
    expect(await statusOf(key("GET", "/users"))).toBe(403);
    expect(await statusOf(key("GET", "/collections"))).toBe(200);
    expect(await statusOf(admin("PATCH", `/users/${id}`, { role: "auditor" }))).toBe(200);
    expect(await statusOf(key("POST", "/collections/books/query", { text: "x" }))).toBe(403);
  });

  test("a key that is confined to a collection sees no other", async () => {
    const key = await keyOf(admin, { role: "developer", collections: ["books"] });
    expect(await statusOf(key("GET", "/collections/books"))).toBe(200);
    expect(await statusOf(key("GET", "/collections/notes"))).toBe(403);
    expect(await statusOf(key("DELETE", "/collections/books"))).toBe(403);
  });
});

describe("whoever owns the files", () => {
  const asOwner = (proof: string, headers: Record<string, string> = {}) =>
    server.call("GET", "/api/v1/auth/me", undefined, { "x-akidb-owner": proof, ...headers });

  test("is an admin on the server's machine, without a key", async () => {
    const proof = await readFile(join(server.directory, "OWNER"), "utf8");
    expect(await asOwner(proof)).toMatchObject({
      status: 200,
      body: { kind: "owner", roles: ["admin"], user: null, api_key: null },
    });
    for (const wrong of ["", "0", `${proof}0`, proof.replace(/.$/, (last) => (last === "0" ? "1" : "0"))]) {
      expect((await asOwner(wrong)).status).toBe(401);
    }
    expect((await asOwner(proof, { "x-api-key": adminKey })).status).toBe(401);
    expect((await asOwner(proof, { authorization: `Bearer ${adminKey}` })).status).toBe(401);
  });
});

describe("the way in stays open", () => {
  test("for a tenant's own admins: the last one cannot go", async () => {
    const { body: keys } = await admin("GET", "/api-keys");
    const bootstrap = keys.api_keys.find((key: { name: string }) => key.name === "bootstrap");
    const { body: users } = await admin("GET", "/users");
    for (const user of users.users)
      if (user.role === "admin") await admin("DELETE", `/users/${user.user_id}`);
    for (const key of keys.api_keys) {
      if (key.api_key_id !== bootstrap.api_key_id) await admin("DELETE", `/api-keys/${key.api_key_id}`);
    }
    const refused = { status: 409, body: { code: "invalid_state" } };
    expect(await admin("DELETE", `/api-keys/${bootstrap.api_key_id}`)).toMatchObject(refused);
    expect(await admin("POST", `/api-keys/${bootstrap.api_key_id}/revoke`)).toMatchObject(refused);
    expect((await admin("GET", `/api-keys/${bootstrap.api_key_id}`)).body.revoked_at).toBeNull();

    const boss = await userWith("admin");
    const temporary = await boss.ask("POST", "/api-keys", { name: "own, goes with its user" });
    expect(await statusOf(boss.ask("DELETE", `/api-keys/${bootstrap.api_key_id}`))).toBe(204);
    for (const change of [{ role: "viewer" }, { status: "suspended" }, { status: "deactivated" }]) {
      expect(await boss.ask("PATCH", `/users/${boss.id}`, change)).toMatchObject(refused);
    }
    expect(await boss.ask("DELETE", `/users/${boss.id}`)).toMatchObject(refused);
    expect((await boss.ask("GET", "/auth/me")).body.user).toMatchObject({ role: "admin", status: "active" });
    expect(await statusOf(as(temporary.body.secret)("GET", "/auth/me"))).toBe(200);

    // Hashing a password takes longer than both of the others together.
    const next = { email: "next@example.org", password, role: "viewer" };
    const { user_id: id } = (await boss.ask("POST", "/users", next)).body;
    await Promise.all([
      boss.ask("PATCH", `/users/${id}`, { password: `${password}!`, status: "suspended" }),
      boss
        .ask("PATCH", `/users/${id}`, { role: "admin" })
        .then(() => boss.ask("PATCH", `/users/${boss.id}`, { role: "viewer" })),
    ]);
    const proof = await readFile(join(server.directory, "OWNER"), "utf8");
    const { body } = await server.call("GET", "/api/v1/users", undefined, { "x-akidb-owner": proof });
    const left = { role: "admin", status: "active" };
    expect(body.users).toContainEqual(expect.objectContaining(left));
  });
});
