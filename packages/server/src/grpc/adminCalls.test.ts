import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ApiKeyServiceDefinition as ApiKeys,
  AuditLogServiceDefinition as AuditLog,
  AuthServiceDefinition as Auth,
  CollectionServiceDefinition as Collections,
  DatabaseServiceDefinition as Databases,
  CollectionManagementServiceDefinition as Management,
  OperationsServiceDefinition as Operations,
  SnapshotServiceDefinition as Snapshots,
  TenantServiceDefinition as Tenants,
  UserServiceDefinition as Users,
} from "@akidb/protocol/grpc";
import type { Client } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { type Answer, call, clientOf, type Headers } from "./grpcClient.test.support.ts";
import type { MethodText, ServiceText } from "./service.ts";

const password = "four words of no meaning";
const adminKey = `akidb_${"A".repeat(43)}`;

type Ask = (service: ServiceText, method: MethodText, request?: object) => Promise<Answer>;

let server: TestServer;
let client: Client;

const as =
  (headers: Headers): Ask =>
  (service, method, request = {}) =>
    call(client, service, method, request, headers);
const bearer = (credential: string): Ask => as({ authorization: `Bearer ${credential}` });
const admin = bearer(adminKey);
const nobody = as({});

/** A tenant with an admin of its own. */
async function tenantNamed(name: string): Promise<{ readonly id: string; readonly ask: Ask }> {
  const { body: tenant } = await admin(Tenants, Tenants.methods.createTenant, { name });
  const key = { name: "own", user: "", role: "admin", tenant: name };
  const { body } = await admin(ApiKeys, ApiKeys.methods.createApiKey, key);
  return { id: tenant.tenantId, ask: bearer(body.secret) };
}

async function keyOf(role: string): Promise<Ask> {
  const key = { name: role, user: "", role };
  return bearer((await admin(ApiKeys, ApiKeys.methods.createApiKey, key)).body.secret);
}

beforeAll(async () => {
  server = await startTestServer({
    flags: { "--auth-mode": "required", "--audit-data-plane": "denied" },
    environment: { AKIDB_BOOTSTRAP_API_KEY: adminKey },
  });
  client = clientOf(server.grpcAddress);
});
afterAll(async () => {
  client.close();
  await server.close();
});

describe("a caller", () => {
  const { login, refresh, logout, changePassword, getCaller, getPermissions } = Auth.methods;

  test("logs in, is told who it is, goes on with new tokens, and leaves", async () => {
    const email = "ada@example.org";
    const { body: user } = await admin(Users, Users.methods.createUser, {
      email,
      password,
      role: "developer",
    });
    expect(await nobody(Auth, login, { email, password: `${password}!` })).toMatchObject({
      status: "UNAUTHENTICATED",
      details: ["ErrorInfo", "RequestInfo"],
    });
    const { body: tokens } = await nobody(Auth, login, { email, password });
    expect(tokens.user).toEqual({ ...user, lastLoginAt: expect.any(String), updatedAt: expect.any(String) });
    const ask = bearer(tokens.accessToken);
    expect((await ask(Auth, getCaller)).body).toMatchObject({
      kind: "user",
      roles: ["developer"],
      user: { userId: user.userId },
      apiKey: undefined,
    });
    expect((await ask(Auth, getPermissions)).body.operations).toContain("createCollection");
    const { body: next } = await nobody(Auth, refresh, { refreshToken: tokens.refreshToken });
    const change = { currentPassword: password, newPassword: `${password}, other ones` };
    expect((await bearer(next.accessToken)(Auth, changePassword, change)).status).toBe("OK");
    expect((await bearer(next.accessToken)(Auth, getCaller)).status).toBe("UNAUTHENTICATED");
    const { body: last } = await nobody(Auth, login, { email, password: change.newPassword });
    expect((await bearer(last.accessToken)(Auth, logout)).status).toBe("OK");
    expect((await bearer(last.accessToken)(Auth, getCaller)).status).toBe("UNAUTHENTICATED");
  });

  test("is known by the owner's proof on the server's machine, and by that alone", async () => {
    const proof = await readFile(join(server.directory, "OWNER"), "utf8");
    expect(await as({ "x-akidb-owner": proof })(Auth, getCaller)).toMatchObject({
      status: "OK",
      body: { kind: "owner", roles: ["admin"], user: undefined, apiKey: undefined },
    });
    const others: readonly Headers[] = [
      { "x-akidb-owner": "" },
      { "x-akidb-owner": `${proof}0` },
      { "x-akidb-owner": proof, "x-api-key": adminKey },
      { "x-akidb-owner": proof, authorization: `Bearer ${adminKey}` },
    ];
    for (const headers of others) {
      expect((await as(headers)(Auth, getCaller)).status).toBe("UNAUTHENTICATED");
    }
  });

  test("who shows nothing is refused by every service but the login", async () => {
    const asked = [
      nobody(Tenants, Tenants.methods.listTenants),
      nobody(Operations, Operations.methods.getUsage),
      nobody(AuditLog, AuditLog.methods.exportAuditLog),
      nobody(Auth, getCaller),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(4).fill("UNAUTHENTICATED"));
  });
});

describe("a role", () => {
  test("is asked about, refused with details, and written down with the route and the address", async () => {
    const viewer = await keyOf("viewer");
    const user = { email: "eve@example.org", password, role: "admin" };
    expect(await viewer(Users, Users.methods.createUser, user)).toMatchObject({
      status: "PERMISSION_DENIED",
      message: "user::create is not permitted here",
      details: ["ErrorInfo", "RequestInfo"],
    });
    const query = { action: "user::create", result: "denied", allTenants: false };
    const { body } = await admin(AuditLog, AuditLog.methods.listAuditLog, { query });
    expect(body.entries).toEqual([
      expect.objectContaining({
        action: "user::create",
        result: "denied",
        ipAddress: expect.stringContaining("127.0.0.1"),
        metadata: expect.objectContaining({ route: "/akidb.admin.v1.UserService/CreateUser" }),
      }),
    ]);
    expect((await viewer(Databases, Databases.methods.listDatabases)).status).toBe("OK");
    expect((await viewer(Operations, Operations.methods.startVerification)).status).toBe("PERMISSION_DENIED");
  });

  test("cannot be handed out by whoever has less", async () => {
    const developer = await keyOf("developer");
    const key = { name: "more", user: "", role: "admin" };
    expect((await developer(ApiKeys, ApiKeys.methods.createApiKey, key)).status).toBe("PERMISSION_DENIED");
    const none = { name: "none", user: "", role: "king" };
    expect(await admin(ApiKeys, ApiKeys.methods.createApiKey, none)).toMatchObject({
      status: "INVALID_ARGUMENT",
      details: ["ErrorInfo", "RequestInfo", "BadRequest"],
    });
  });
});

test("a tenant sees its own alone, and goes with a job that tells how far it is", async () => {
  const [acme, globex] = [await tenantNamed("acme"), await tenantNamed("globex")];
  const collection = { name: "secrets", dimension: 16 };
  expect((await acme.ask(Management, Management.methods.createCollection, collection)).status).toBe("OK");
  const seen = async (ask: Ask) => [
    await ask(Collections, Collections.methods.count, { collectionId: "secrets" }),
    await ask(Snapshots, Snapshots.methods.createSnapshot, { collection: "secrets" }),
    await ask(Users, Users.methods.listUsers, { tenant: "acme" }),
    await ask(Tenants, Tenants.methods.getTenant, { tenant: "acme" }),
    await ask(Operations, Operations.methods.getUsage, { tenant: "acme" }),
  ];
  expect((await seen(acme.ask)).map(({ status }) => status)).toEqual(["OK", "OK", "OK", "OK", "OK"]);
  const refused = (await seen(globex.ask)).map(({ status }) => status);
  expect(refused).toEqual(Array(5).fill("NOT_FOUND"));

  const { body: job } = await admin(Tenants, Tenants.methods.deleteTenant, { tenant: "acme" });
  expect(job).toMatchObject({
    jobId: acme.id,
    kind: "delete_tenant",
    resource: { type: "tenant", id: acme.id },
  });
  const progress = () => admin(Operations, Operations.methods.getJob, { job: job.jobId });
  await expect.poll(async () => (await progress()).body.state).toBe("done");
  expect((await acme.ask(Auth, Auth.methods.getCaller)).status).toBe("UNAUTHENTICATED");
});

test("what is left of a tenant's rate comes with every answer, refusals included", async () => {
  const busy = await tenantNamed("busy");
  const limited = { tenant: "busy", qpsQuota: 1 };
  expect((await admin(Tenants, Tenants.methods.updateTenant, limited)).body.qpsQuota).toBe(1);
  const answers = await Promise.all(Array.from({ length: 20 }, () => busy.ask(Auth, Auth.methods.getCaller)));
  const refused = answers.find(({ status }) => status === "RESOURCE_EXHAUSTED")!;
  expect(refused).toMatchObject({ details: ["ErrorInfo", "RequestInfo", "RetryInfo"] });
  expect(answers.map(({ metadata }) => metadata.get("ratelimit-limit"))).toEqual(Array(20).fill(["1"]));
  expect(refused.metadata.get("ratelimit-remaining")).toEqual(["0"]);
  expect(refused.metadata.get("x-request-id")).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
});

describe("the whole server", () => {
  const { exportAuditLog, verifyAuditLog } = AuditLog.methods;

  test("is verified, and says what it found", async () => {
    const { body: begun } = await admin(Operations, Operations.methods.startVerification);
    const now = () =>
      admin(Operations, Operations.methods.getVerification, { verification: begun.verificationId });
    await expect.poll(async () => (await now()).body.state).toBe("done");
    expect((await now()).body.report).toMatchObject({
      damages: [],
      putAside: [],
      fileCount: expect.any(Number),
    });
    const elsewhere = { to: "/somewhere/else" };
    expect((await admin(Operations, Operations.methods.startBackup, elsewhere)).status).toBe(
      "PERMISSION_DENIED",
    );
    const { body } = await admin(AuditLog, verifyAuditLog, {});
    expect(body).toMatchObject({ problemCount: 0, problems: [] });
    const known = { ...body.head, hash: "0".repeat(64) };
    expect((await admin(AuditLog, verifyAuditLog, { known })).body.problemCount).toBe(1);
  });

  test("exports its audit log part by part, as REST does", async () => {
    const query = { allTenants: true, until: new Date(Date.now() - 1).toISOString() };
    const { body: parts } = await admin(AuditLog, exportAuditLog, { query });
    const file = Buffer.concat(parts.map(({ data }: { readonly data: Uint8Array }) => data)).toString();
    const url = `/api/v1/audit-logs/export?all_tenants=true&until=${query.until}`;
    const { body } = await server.call("GET", url, undefined, { authorization: `Bearer ${adminKey}` });
    expect(file).toBe(body);
    expect(file.split("\n").length).toBeGreaterThan(10);
    const bad = await admin(AuditLog, exportAuditLog, { query, format: "xml" });
    expect(bad).toMatchObject({
      status: "INVALID_ARGUMENT",
      details: expect.arrayContaining(["BadRequest"]),
    });
  });
});
