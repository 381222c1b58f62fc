import { afterAll, beforeAll, expect, test } from "vitest";
import { operations } from "../operations/operations.ts";
import { openTenants, type TenantsOfTest } from "./tenants.test.support.ts";

let tenants: TenantsOfTest;

beforeAll(async () => {
  tenants = await openTenants();
});
afterAll(() => tenants.close());

test("what whoever runs the server does in a tenant is in the logs of both, and names nobody in the tenant's", async () => {
  const acme = await tenants.createTenant("acme");
  const auditor = await tenants.callerWith(acme, { role: "auditor" });
  const admin = await tenants.callerWith(undefined, { role: "admin" });
  const someone = {
    tenant: acme,
    email: "a@example.com",
    role: "viewer",
    password: "correct horse battery",
  } as const;
  const { id } = await tenants.as(admin, operations.createUser, someone);
  await tenants.as(admin, operations.updateTenant, { tenant: acme, metadata: { plan: "gold" } });

  const seen = await tenants.as(auditor, operations.listAuditLog, {});
  const theirs = seen.items.filter(({ action }) => /::create$|::update$/.test(action));
  expect(theirs).toMatchObject([
    { action: "tenant::update", resourceId: acme, userId: null, ipAddress: null },
    { action: "user::create", resourceId: "a@example.com", userId: null, ipAddress: null },
  ]);
  for (const { metadata } of theirs) {
    expect(metadata).toEqual({
      request_id: "test",
      operation: expect.any(String),
      principal: "server_admin",
    });
  }
  const own = await tenants.as(admin, operations.listAuditLog, {});
  expect(own.items.filter(({ action }) => action === "user::create")).toMatchObject([
    { metadata: { principal: "api_key", key_prefix: expect.any(String) } },
  ]);

  await tenants.as(await tenants.callerWith(acme, { role: "admin" }), operations.deleteUser, { user: id });
  const after = await tenants.as(admin, operations.listAuditLog, {});
  expect(after.items.map(({ action }) => action)).not.toContain("user::delete");
});
