import type { CollectionTier, TierAction, TierMetrics } from "@akidb/base";
import type { ControlPlane } from "./controlPlane.ts";
import type { Requests } from "./requests.ts";

const email = "ada@example.org";
const password = "four words of no meaning";
const permit = 'permit (principal, action == Action::"document::read", resource);';
const vector = Float32Array.from({ length: 16 }, (_, index) => index + 1);

/** In this order: later ones find what earlier ones made. */
export const adminTable: Readonly<Record<string, (db: ControlPlane & Requests) => Promise<unknown>>> = {
  "create a tenant": (db) =>
    db.createTenant({
      name: "Acme Corp.",
      externalId: "crm-1",
      memoryQuotaBytes: 2 ** 33,
      qpsQuota: 50,
      metadata: { plan: "pro", seats: 12, list: [null, { a: 1.5 }] },
    }),
  "create it again": (db) => db.createTenant({ name: "Acme", slug: "acme-corp" }),
  "create a tenant without a name": (db) => db.createTenant({ name: "" }),
  "create a tenant with a quota of nothing": (db) => db.createTenant({ name: "x", qpsQuota: 0 }),
  "list tenants": (db) => db.listTenants({}),
  "list a page of no tenants": (db) => db.listTenants({ limit: 0 }),
  "list by a cursor that is none": (db) => db.listTenants({ cursor: "x" }),
  "get a tenant": (db) => db.getTenant("acme-corp"),
  "get a tenant that is not there": (db) => db.getTenant("none"),
  "change a tenant": (db) =>
    db.updateTenant("acme-corp", { externalId: null, status: "suspended", metadata: {} }),
  "change a tenant to what it cannot become": (db) =>
    db.updateTenant("acme-corp", { status: "provisioning" as "active" }),
  "create a database": (db) => db.createDatabase({ name: "library", description: "books" }),
  "create a database again": (db) => db.createDatabase({ name: "library" }),
  "list a page of databases": async (db) => {
    const { items } = (await db.listDatabases({ limit: 1 })) as { readonly items: unknown };
    return items;
  },
  "change a database": (db) => db.updateDatabase("library", { name: "archive", description: null }),
  "get a database": (db) => db.getDatabase("archive"),
  "get a database by its name before": (db) => db.getDatabase("library"),
  "delete the database that must be there": (db) => db.deleteDatabase("default"),
  "delete a database": (db) => db.deleteDatabase("archive"),
  "get a job that is none": (db) => db.getJob("01a00000-0000-7000-8000-000000000001"),
  "reset the circuit breakers": (db) => db.resetCircuitBreakers(),
  "list dead letters": (db) => db.listDeadLetters({}),
  "list a page of no dead letters": (db) => db.listDeadLetters({ limit: 0 }),
  "retry what is not there": (db) => db.retryDeadLetters("01a00000-0000-7000-8000-000000000001"),
  "look for garbage": (db) => db.collectGarbage({}),
  "remove garbage that is too young": (db) => db.collectGarbage({ dryRun: false, olderThanSeconds: 60 }),
  "look for garbage as a job": (db) => db.startGarbageCollection({ olderThanSeconds: 7_200 }),
  "begin to remove garbage that is too young": (db) => db.startGarbageCollection({ olderThanSeconds: 60 }),
  "get the report of a job that is none": (db) => db.getGarbageReport("01a00000-0000-7000-8000-000000000001"),
  "cancel a look for garbage that is none": (db) =>
    db.cancelGarbageCollection("01a00000-0000-7000-8000-000000000001"),
  "list models": (db) => db.listModels(),
  "get a model": (db) => db.getModel("hashing"),
  "get a model that is not there": (db) => db.getModel("gpt"),
  "switch to a model": (db) => db.switchModel("hashing"),
  "switch to a model that is not there": (db) => db.switchModel("gpt"),
  "create a user": (db) => db.createUser({ email, password, role: "developer" }),
  "create a user of another tenant": (db) =>
    db.createUser({ email, password, role: "viewer", tenant: "acme-corp" }),
  "create a user with a short password": (db) =>
    db.createUser({ email: "b@example.org", password: "short", role: "viewer" }),
  "create a user of a role that is none": (db) =>
    db.createUser({ email: "b@example.org", password, role: "king" as "viewer" }),
  "list users": (db) => db.listUsers({}),
  "list users of a tenant": (db) => db.listUsers({ tenant: "acme-corp", limit: 5 }),
  "list users of a tenant that is not there": (db) => db.listUsers({ tenant: "none" }),
  "change a user": (db) => db.updateUser(email, { role: "viewer", status: "suspended" }, {}),
  "get a user": (db) => db.getUser(email, {}),
  "get a user where it is not": (db) => db.getUser("eve@example.org", { tenant: "acme-corp" }),
  "delete a user": (db) => db.deleteUser(email, { tenant: "acme-corp" }),
  "delete a user again": (db) => db.deleteUser(email, { tenant: "acme-corp" }),
  "create a key": (db) =>
    db.createApiKey({
      name: "reader",
      user: null,
      role: "viewer",
      databases: ["default"],
      readOnly: true,
      expiresAt: "2099-01-01T00:00:00.000Z",
    }),
  "create a key of a user, under a filter": (db) =>
    db.createApiKey({ name: "hers", user: email, filter: { owner: "ada" } }),
  "create a key for no database": (db) =>
    db.createApiKey({ name: "none", user: null, role: "viewer", databases: [] }),
  "create a key for a database that is not there": (db) =>
    db.createApiKey({ name: "x", user: null, role: "viewer", databases: ["nowhere"] }),
  "create a key that has expired": (db) =>
    db.createApiKey({ name: "x", user: null, role: "viewer", expiresAt: "2001-01-01T00:00:00Z" }),
  "list keys": (db) => db.listApiKeys({}),
  "list keys of a user": (db) => db.listApiKeys({ user: email }),
  "get a key": (db) => db.getApiKey("reader"),
  "revoke a key": (db) => db.revokeApiKey("reader"),
  "delete a key": (db) => db.deleteApiKey("reader"),
  "get a key that is not there": (db) => db.getApiKey("01a00000-0000-7000-8000-000000000001"),
  "create a key of a role that is none": (db) =>
    db.createApiKey({ name: "x", user: null, role: "king" as "viewer" }),
  "create a policy": (db) => db.createPolicy({ name: "readers", cedarText: permit, enabled: false }),
  "create a policy that is none": (db) => db.createPolicy({ name: "x", cedarText: "permit all;" }),
  "list policies": (db) => db.listPolicies({}),
  "change a policy": (db) => db.updatePolicy("readers", { name: "all readers", enabled: true }),
  "get a policy": (db) => db.getPolicy("all readers"),
  "validate a policy": (db) => db.validatePolicy(permit),
  "validate what is no policy": (db) =>
    db.validatePolicy("permit (\n principal, action, resource) when { 1 };"),
  "simulate a role": (db) =>
    db.simulatePolicies({
      principal: { role: "viewer" },
      action: "document::write",
      resource: { type: "collection", name: "any" },
    }),
  "simulate with a draft": (db) =>
    db.simulatePolicies({
      principal: { role: "viewer", email: "bob@example.org" },
      action: "document::write",
      resource: { type: "collection", name: "any" },
      time: "2030-01-01T00:00:00Z",
      policies: [{ name: "draft", cedarText: "permit (principal, action, resource);" }],
    }),
  "simulate an action that is none": (db) =>
    db.simulatePolicies({ action: "document::eat", resource: { type: "tenant" } }),
  "list the product's policies": (db) => db.listShippedPolicies(),
  "delete a policy": (db) => db.deletePolicy("all readers"),
  "delete a policy again": (db) => db.deletePolicy("all readers"),
  "get usage of a tenant": (db) => db.getUsage({ tenant: "acme-corp" }),
  "get usage of a tenant that is not there": (db) => db.getUsage({ tenant: "none" }),
  "get what is permitted": (db) => db.getPermissions("default"),
  "get what is permitted where there is no database": (db) => db.getPermissions("none"),
  "snapshot what is not there": (db) => db.createSnapshot("plums"),
  "create what is to be snapshot": (db) => db.create({ name: "plums", dimension: 16 }),
  "fill it": (db) => db.upsert("plums", [{ id: "01a00000-0000-7000-8000-000000000001", vector }]),
  "create a snapshot": async (db) => {
    // Parts that it shares with the collection, and the encoding of ids, take a room of their own each time.
    const { sizeBytes, ...snapshot } = (await db.createSnapshot("plums")) as { readonly sizeBytes: number };
    return { ...snapshot, isSized: sizeBytes > 0 };
  },
  "download a snapshot": (db) => db.downloadSnapshot("plums"),
  "restore a snapshot as a new collection": (db) => db.restoreSnapshot("plums", { into: "prunes" }),
  "restore a snapshot over what is there": (db) => db.restoreSnapshot("plums", { into: "prunes" }),
  "restore up to what never was": (db) =>
    db.restoreSnapshot("plums", { untilLsn: 1, untilTime: "2026-01-01T00:00:00Z" }),
  "get the tier of what is not there": (db) => db.getTier("none"),
  "pin a collection": async (db) => {
    const { pinned, tier } = (await db.changeTier("plums", "pin")) as CollectionTier;
    return { pinned, tier };
  },
  "demote what is pinned": (db) => db.changeTier("plums", "demote_to_warm"),
  "demote what does not leave the machine": (db) => db.changeTier("plums", "demote_to_cold"),
  "change a tier in a way that is none": (db) => db.changeTier("plums", "melt" as TierAction),
  "get tiers": async (db) => Object.keys((await db.getTierMetrics()) as TierMetrics),
  "delete a snapshot": (db) => db.deleteSnapshot("plums"),
  "list snapshots": (db) => db.listSnapshots("plums"),
  "re-embed what has no text": (db) => db.startReembedding("plums", { dimension: 32 }),
  "create what is to be re-embedded": (db) => db.create({ name: "figs", dimension: 16 }),
  "fill it with a text": (db) => db.upsert("figs", [{ externalId: "f", text: "a fig" }]),
  "ask for a re-embedding that is none": (db) => db.endedReembedding("figs"),
  "re-embed to what it is": (db) => db.startReembedding("figs", { dimension: 16 }),
  "re-embed with a model that is none": (db) => db.startReembedding("figs", { model: "gpt" }),
  "re-embed": (db) => db.startReembedding("figs", { model: "hashing", dimension: 32 }),
  "wait for it": (db) => db.endedReembedding("figs"),
  "pause what is done": (db) => db.changeReembedding("figs", "pause"),
  "resume what is done": (db) => db.changeReembedding("figs", "resume"),
  "go back": async (db) => {
    await db.changeReembedding("figs", "rollback");
    return await db.endedReembedding("figs");
  },
  "give the other vectors up": (db) => db.changeReembedding("figs", "cancel"),
  "go back where nothing is kept": (db) => db.changeReembedding("figs", "rollback"),
  "delete a tenant": (db) => db.deleteTenant("acme-corp"),
};
