import { makeApiKey, parseApiKey } from "@akidb/access";
import { type Job, systemRandom, type TenantId } from "@akidb/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Caller } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import { openTenants, type TenantsOfTest } from "../access/tenants.test.support.ts";
import { defineOperation } from "../operation.ts";
import { operations } from "../operations/operations.ts";

let tenants: TenantsOfTest;
let acme: TenantId;
let admin: Caller;

beforeEach(async () => {
  tenants = await openTenants();
  acme = await tenants.createTenant("acme");
  admin = await tenants.callerWith(acme, { role: "admin" });
});
afterEach(() => tenants.close());

/** As a crash leaves a database whose deletion has begun. */
const markDeleting = defineOperation<string, void>({
  name: "markDeleting",
  permission: "server::admin",
  resource: theServer,
  run: async ({ catalog, databases }, name) => {
    const { id } = databases.find(acme, name);
    databases.put(await catalog.databases.setState(id, "deleting"));
  },
});

const makeKey = defineOperation<TenantId, string>({
  name: "makeKey",
  permission: "server::admin",
  resource: theServer,
  run: async ({ catalog }, tenantId) => {
    const { secret, keyHash, prefix } = makeApiKey(systemRandom);
    await catalog.apiKeys.create(tenantId, { name: "k", role: "admin", keyHash, prefix });
    return secret;
  },
});

const whatIsLeft = defineOperation<object, object>({
  name: "whatIsLeft",
  permission: "server::admin",
  resource: theServer,
  run: async ({ catalog, collections, databases }) => ({
    served: collections.records().length,
    known: [...databases.all()].length,
    collections: (await catalog.collections.list("all")).items.length,
    databases: (await catalog.databases.list("all")).items.length,
    tiers: (await catalog.collectionTiers.list()).items.length,
  }),
});

async function whenEnded(caller: Caller | "owner", { id: job }: Job): Promise<Job> {
  for (;;) {
    const found = await (caller === "owner"
      ? tenants.asOwner(operations.getJob, { job })
      : tenants.as(caller, operations.getJob, { job }));
    if (found.state !== "running") return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

it("refuses a suspended tenant's credentials at once, those of a deleted one as those of nobody", async () => {
  const key = parseApiKey(await tenants.asOwner(makeKey, acme))!;
  const authenticate = () => tenants.database.authenticate({ kind: "api_key", key });
  await authenticate();
  await tenants.asOwner(operations.updateTenant, { tenant: "acme", status: "suspended" });
  await expect(authenticate()).rejects.toMatchObject({ code: "tenant_suspended" });
  await tenants.asOwner(operations.updateTenant, { tenant: "acme", status: "active" });
  await authenticate();
  await tenants.as(admin, operations.createCollection, { name: "c", dimension: 16 });
  const job = await tenants.asOwner(operations.deleteTenant, { tenant: "acme" });
  await expect(authenticate()).rejects.toMatchObject({ code: "unauthenticated" });
  expect(await whenEnded("owner", job)).toMatchObject({ state: "done" });
  await expect(authenticate()).rejects.toMatchObject({ code: "unauthenticated" });
  const nothing = { served: 0, collections: 0, tiers: 0 };
  expect(await tenants.asOwner(whatIsLeft, {})).toEqual({ ...nothing, known: 1, databases: 1 });
});

it("answers nothing in a database that is being deleted, and lets its tenant be until it is gone", async () => {
  await tenants.as(admin, operations.createDatabase, { name: "going" });
  await tenants.as(admin, operations.createCollection, { name: "c", dimension: 16 }, { database: "going" });
  await tenants.asOwner(markDeleting, "going");
  const invalid = { code: "invalid_state" };
  const there = { database: "going" };
  await expect(tenants.as(admin, operations.listCollections, {}, there)).rejects.toMatchObject(invalid);
  await expect(tenants.as(admin, operations.getCollection, { collection: "c" }, there)).rejects.toMatchObject(
    invalid,
  );
  await expect(tenants.as(admin, operations.updateDatabase, { ...there, name: "x" })).rejects.toMatchObject(
    invalid,
  );
  expect(await tenants.as(admin, operations.getDatabase, there)).toMatchObject({ state: "deleting" });
  await tenants.asOwner(operations.updateTenant, { tenant: "acme", status: "suspended" });
  const decommission = { tenant: "acme", status: "decommissioned" } as const;
  await expect(tenants.asOwner(operations.updateTenant, decommission)).rejects.toMatchObject(invalid);
  await tenants.asOwner(operations.updateTenant, { tenant: "acme", status: "active" });
  // Whoever asks again begins it again.
  const job = await tenants.as(admin, operations.deleteDatabase, there);
  expect(await whenEnded(admin, job)).toMatchObject({ state: "done", progress: 1 });
  await tenants.asOwner(operations.updateTenant, { tenant: "acme", status: "suspended" });
  expect(await tenants.asOwner(operations.updateTenant, decommission)).toMatchObject({
    status: "decommissioned",
  });
});

it("leaves nothing of collections that are created while their tenant goes", async () => {
  const creations: Promise<unknown>[] = [];
  const create = (name: string) =>
    creations.push(
      tenants.as(admin, operations.createCollection, { name, dimension: 16 }).then(
        () => "created",
        ({ code }) => code,
      ),
    );
  for (let n = 0; n < 4; n++) create(`before-${n}`);
  const deletion = tenants.asOwner(operations.deleteTenant, { tenant: "acme" });
  for (let n = 0; n < 4; n++) create(`with-${n}`);
  const job = await deletion;
  create("after");
  const outcomes = await Promise.all(creations);
  for (const outcome of outcomes) expect(outcome).toMatch(/^(created|invalid_state|not_found)$/);
  expect(outcomes.at(-1)).not.toBe("created");
  expect(await whenEnded("owner", job)).toMatchObject({ state: "done" });
  expect(await tenants.asOwner(whatIsLeft, {})).toMatchObject({ served: 0, collections: 0, databases: 1 });
});

it("a database that goes by itself while its tenant goes is gone with it", async () => {
  for (const name of ["a", "b", "c"]) {
    await tenants.as(admin, operations.createCollection, { name, dimension: 16 });
  }
  const jobs = await Promise.all([
    tenants.as(admin, operations.deleteDatabase, { database: "default" }),
    tenants.asOwner(operations.deleteTenant, { tenant: "acme" }),
  ]);
  for (const job of jobs) expect(await whenEnded("owner", job).catch(({ code }) => code)).not.toBe("failed");
  expect(await tenants.asOwner(whatIsLeft, {})).toMatchObject({ known: 1, collections: 0, databases: 1 });
});

it("changes nothing of a collection that is decided at its creation", async () => {
  await tenants.as(admin, operations.createCollection, { name: "c", dimension: 16 });
  for (const change of [
    { dimension: 32 },
    { embeddingModel: "other" },
    { payloadIndexes: {} },
    { id: acme },
  ]) {
    const [field] = Object.keys(change);
    const input = { ...(change as object), collection: "c" };
    await expect(tenants.as(admin, operations.updateCollection, input)).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ path: field }],
    });
  }
});
