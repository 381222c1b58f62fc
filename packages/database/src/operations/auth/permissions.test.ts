import type { CollectionId } from "@akidb/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../access/caller.ts";
import { openTenants, type TenantsOfTest } from "../../access/tenants.test.support.ts";
import { operations } from "../operations.ts";

const reads = ["listCollections", "getCollection", "getDocument", "query", "scroll"];
const writes = ["upsertDocuments", "patchDocuments", "deleteDocuments"];

let tenants: TenantsOfTest;
let admin: Caller;
beforeAll(async () => {
  tenants = await openTenants();
  const acme = await tenants.createTenant("acme");
  admin = await tenants.callerWith(acme, { role: "admin" });
  for (const name of ["books", "notes"]) {
    await tenants.as(admin, operations.createCollection, { name, dimension: 16 });
  }
});
afterAll(() => tenants.close());

const idOf = async (collection: string) =>
  (await tenants.as(admin, operations.getCollection, { collection })).id as CollectionId;

const permitted = async (scope: Parameters<TenantsOfTest["callerWith"]>[1]) => {
  const caller = await tenants.callerWith(admin.principal!.tenantId, scope);
  return new Set((await tenants.as(caller, operations.permissions, {})).operations);
};

describe("permissions are what the policies have for", () => {
  test.each([
    ["a viewer", { role: "viewer" }, reads],
    ["an auditor", { role: "auditor" }, ["listCollections", "getCollection"]],
    ["a key that only reads", { role: "admin", readOnly: true }, reads],
    ["a key with a filter", { role: "admin", filter: { owner: "me" } }, [...reads, ...writes]],
    ["a developer", { role: "developer" }, [...reads, ...writes, "createCollection", "updateCollection"]],
  ] as const)("%s", async (_, scope, expected) => {
    expect(await permitted(scope)).toEqual(new Set(expected));
  });

  test("a key that is confined to one collection", async () => {
    const operations = await permitted({ role: "developer", collections: [await idOf("notes")] });
    expect([...operations]).toEqual(expect.arrayContaining(writes));
    expect(operations).not.toContain("createCollection");
  });

  test("whom a policy lets write to one collection alone", async () => {
    const cedarText =
      'forbid (principal, action == Action::"document::write", resource) unless { resource.name == "notes" };';
    await tenants.as(admin, operations.createPolicy, { name: "notes", cedarText });
    expect(await permitted({ role: "developer" })).toContain("upsertDocuments");
    await tenants.as(admin, operations.deleteCollection, { collection: "notes" });
    expect(await permitted({ role: "developer" })).not.toContain("upsertDocuments");
    await tenants.as(admin, operations.deletePolicy, { policy: "notes" });
  });
});
