import { afterAll, beforeAll, expect, test } from "vitest";
import { operations } from "../../operations/operations.ts";
import type { Caller } from "../caller.ts";
import { openTenants, type TenantsOfTest } from "../tenants.test.support.ts";

const closed = { name: "closed", cedarText: "forbid (principal, action, resource);" };

let tenants: TenantsOfTest;
let [admin, server]: readonly Caller[] = [];

beforeAll(async () => {
  tenants = await openTenants();
  admin = await tenants.callerWith(await tenants.createTenant("acme"), { role: "admin" });
  server = await tenants.callerWith(undefined, { role: "admin" });
});
afterAll(() => tenants.close());

test("a policy by which its maker could manage policies no longer is refused, be it made or changed into", async () => {
  const refusal = { code: "failed_precondition", message: expect.stringMatching(/forbidden by closed/) };
  await expect(tenants.as(admin!, operations.createPolicy, closed)).rejects.toMatchObject(refusal);
  const here = { ...admin!, ipAddress: "10.1.2.3" };
  const elsewhere =
    'forbid (principal, action, resource) unless { context has ip && context.ip.isInRange(ip("10.2.0.0/16")) };';
  const office = { name: "office", cedarText: elsewhere };
  await expect(tenants.as(here, operations.createPolicy, office)).rejects.toMatchObject({
    code: "failed_precondition",
  });
  await tenants.as(admin!, operations.createPolicy, { ...closed, enabled: false });
  const enable = tenants.as(admin!, operations.updatePolicy, { policy: "closed", enabled: true });
  await expect(enable).rejects.toMatchObject(refusal);
  await tenants.as(admin!, operations.updatePolicy, { policy: "closed", name: "shut" });
  await tenants.as(admin!, operations.deletePolicy, { policy: "shut" });
});

test("it is made where that is meant; whoever runs the server takes it back", async () => {
  const made = await tenants.as(admin!, operations.createPolicy, { ...closed, confirmLockout: true });
  const denied = { code: "permission_denied" };
  await expect(tenants.as(admin!, operations.listPolicies, {})).rejects.toMatchObject(denied);
  await expect(tenants.as(admin!, operations.deletePolicy, { policy: made.id })).rejects.toMatchObject(
    denied,
  );
  const { items } = await tenants.as(server!, operations.listPolicies, { tenant: "acme" });
  expect(items).toEqual([made]);
  const simulated = await tenants.as(server!, operations.simulatePolicies, {
    tenant: "acme",
    principal: { role: "admin" },
    action: "policy::manage",
    resource: { type: "tenant" },
  });
  expect(simulated).toEqual({ decision: "denied", policies: ["closed"] });
  await tenants.as(server!, operations.updatePolicy, { policy: made.id, enabled: false });
  await tenants.as(admin!, operations.deletePolicy, { policy: made.id });
});

test("the owner of the files is bound by nobody, and mends what whoever runs the server has locked", async () => {
  const made = await tenants.as(server!, operations.createPolicy, { ...closed, confirmLockout: true });
  await expect(tenants.as(server!, operations.listPolicies, {})).rejects.toMatchObject({
    code: "permission_denied",
  });
  await tenants.asOwner(operations.deletePolicy, { policy: made.id });
  expect(await tenants.as(server!, operations.listPolicies, {})).toEqual({ items: [] });
});

test("a change counts from the next request on", async () => {
  const cedarText = 'forbid (principal, action == Action::"collection::read", resource);';
  const list = () => tenants.as(admin!, operations.listCollections, {});
  await list();
  const { id: policy } = await tenants.as(admin!, operations.createPolicy, { name: "no lists", cedarText });
  await expect(list()).rejects.toMatchObject({ code: "permission_denied" });
  await tenants.as(admin!, operations.updatePolicy, { policy, enabled: false });
  await list();
  await tenants.as(admin!, operations.updatePolicy, { policy, enabled: true });
  await expect(list()).rejects.toMatchObject({ code: "permission_denied" });
  await tenants.as(admin!, operations.deletePolicy, { policy });
  await list();
});

test("keys that exist are simulated with their role and scope", async () => {
  const reader = await tenants.callerWith(admin!.principal!.tenantId, {
    role: "admin",
    readOnly: true,
    name: "reader",
  });
  if (reader.principal?.kind !== "api_key") throw new Error("keys make principals that are keys");
  const simulate = (action: string) =>
    tenants.as(admin!, operations.simulatePolicies, {
      principal: { apiKey: (reader.principal as { apiKeyId: string }).apiKeyId },
      action,
      resource: { type: "collection", name: "any" },
    });
  expect(await simulate("document::read")).toEqual({ decision: "allowed", policies: ["role admin"] });
  expect(await simulate("document::write")).toEqual({
    decision: "denied",
    policies: ["guard: read-only key"],
  });
});
