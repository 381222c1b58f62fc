import { systemClock, systemRandom, type TenantId, UuidV7Generator } from "@akidb/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import type { Caller } from "./caller.ts";
import { openTenants, type TenantsOfTest } from "./tenants.test.support.ts";

/** What a tenant has, each by its identifier or name. */
interface Things {
  readonly tenant: string;
  readonly tenantName: string;
  readonly policy: string;
  readonly policyName: string;
  readonly database: string;
  readonly job: string;
  readonly user: string;
  readonly email: string;
  readonly apiKey: string;
  readonly collection: string;
  readonly collectionName: string;
  readonly document: string;
  readonly snapshot: string;
  /** Of a dimension that nobody else has. */
  readonly model: string;
}

/** Asks an operation for a tenant's things in every way that its input has. Undefined for one whose input names nothing. */
type Ask = ((things: Things) => readonly object[]) | "names nothing";

const named =
  (more: object = {}) =>
  (things: Things) =>
    [things.collection, things.collectionName].map((collection) => ({ collection, ...more }));
const inTenant =
  (more: object = {}) =>
  (things: Things) =>
    [things.tenant, things.tenantName].map((tenant) => ({ tenant, ...more }));
const ofPolicy =
  (more: object = {}) =>
  (things: Things) =>
    [things.policy, things.policyName].map((policy) => ({ policy, ...more }));
const ofUser =
  (more: object = {}) =>
  (things: Things) =>
    [things.user, things.email].map((user) => ({ user, ...more }));
const harmless = "permit (principal, action, resource) when { context has ip };";
const simulation = { action: "document::read", resource: { type: "tenant" } };
const document = { externalId: "d", vector: Array(16).fill(1) };

/** Written by hand, so that whoever adds an operation says what of others it could lead to. */
const asks: Readonly<Record<string, Ask>> = {
  createCollection: "names nothing",
  listCollections: "names nothing",
  getCollection: named(),
  deleteCollection: named(),
  upsertDocuments: named({ documents: [document] }),
  getDocument: (things) => named({ id: things.document })(things),
  patchDocument: (things) => named({ id: things.document, metadata: {} })(things),
  patchDocuments: (things) => named({ patches: [{ id: things.document, metadata: {} }] })(things),
  deleteDocument: (things) => named({ id: things.document })(things),
  getDocuments: (things) => named({ ids: [things.document] })(things),
  deleteDocuments: (things) => named({ ids: [things.document] })(things),
  query: named({ vector: document.vector }),
  queryBatch: named({ queries: [{ vector: document.vector }] }),
  scroll: named(),
  count: named(),
  facets: named({ field: "a" }),
  createSnapshot: named(),
  listSnapshots: named(),
  deleteSnapshot: (things) => [
    ...named({ snapshot: things.snapshot })(things),
    { collection: "own", snapshot: things.snapshot },
  ],
  restoreSnapshot: (things) => [
    ...named({ snapshot: things.snapshot })(things),
    { collection: "own", snapshot: things.snapshot },
    { collection: "own", snapshot: things.snapshot, into: "copy" },
  ],
  downloadSnapshot: (things) => [
    ...named({ snapshot: things.snapshot })(things),
    { collection: "own", snapshot: things.snapshot },
  ],
  getTier: named(),
  changeTier: named({ action: "pin" }),
  getTierMetrics: "names nothing",
  updateCollection: named({ maxDocumentCount: 1 }),
  startReembedding: named({ dimension: 32 }),
  getReembedding: named(),
  pauseReembedding: named(),
  resumeReembedding: named(),
  cancelReembedding: named(),
  rollBackReembedding: named(),
  createTenant: "names nothing",
  listTenants: "names nothing",
  getTenant: inTenant(),
  updateTenant: inTenant({ name: "mine" }),
  deleteTenant: inTenant(),
  createDatabase: "names nothing",
  listDatabases: "names nothing",
  getDatabase: ({ database }) => [{ database }],
  updateDatabase: ({ database }) => [{ database, description: "mine" }],
  deleteDatabase: ({ database }) => [{ database }],
  getJob: ({ job }) => [{ job }],
  createUser: inTenant({ email: "new@example.com", role: "viewer", password: "correct horse battery" }),
  listUsers: inTenant(),
  getUser: ofUser(),
  updateUser: ofUser({ role: "auditor" }),
  deleteUser: ofUser(),
  createApiKey: (things) => [
    ...inTenant({ name: "new", role: "viewer" })(things),
    ...[things.user, things.email].map((user) => ({ name: "new", user })),
    { name: "new", role: "viewer", databases: [things.database] },
    { name: "new", role: "viewer", collections: [things.collection] },
    { name: "new", role: "viewer", collections: [things.collectionName] },
  ],
  listApiKeys: (things) => [...inTenant()(things), ...ofUser()(things)],
  getApiKey: ({ apiKey }) => [{ apiKey }],
  revokeApiKey: ({ apiKey }) => [{ apiKey }],
  deleteApiKey: ({ apiKey }) => [{ apiKey }],
  login: (things) =>
    [things.tenant, things.tenantName].map((tenant) => ({ tenant, email: things.email, password: "wrong" })),
  refresh: "names nothing",
  logout: "names nothing",
  changePassword: "names nothing",
  me: "names nothing",
  permissions: ({ database }) => [{ database }],
  getUsage: inTenant(),
  embed: "names nothing",
  listServedModels: "names nothing",
  listModels: "names nothing",
  getModel: ({ model }) => [{ model }],
  switchModel: "names nothing",
  listAuditLog: inTenant(),
  exportAuditLog: inTenant(),
  verifyAuditLog: "names nothing",
  getReadiness: "names nothing",
  getGauges: "names nothing",
  startVerification: "names nothing",
  getVerification: "names nothing",
  startBackup: "names nothing",
  resetCircuitBreakers: "names nothing",
  listDeadLetters: "names nothing",
  retryDeadLetters: "names nothing",
  collectGarbage: "names nothing",
  startGarbageCollection: "names nothing",
  getGarbageReport: "names nothing",
  cancelGarbageCollection: "names nothing",
  getBackup: "names nothing",
  createPolicy: inTenant({ name: "new", cedarText: harmless }),
  listPolicies: inTenant(),
  getPolicy: ofPolicy(),
  updatePolicy: ofPolicy({ enabled: false }),
  deletePolicy: ofPolicy(),
  validatePolicy: "names nothing",
  simulatePolicies: (things) => [
    ...inTenant({ ...simulation, principal: { role: "admin" } })(things),
    ...[things.collection, things.collectionName].map((id) => ({
      ...simulation,
      resource: { type: "collection", id },
    })),
    { ...simulation, resource: { type: "collection", name: "new", database: things.database } },
    { ...simulation, resource: { type: "policy", id: things.policy } },
    { ...simulation, resource: { type: "policy", id: things.policyName } },
  ],
  listShippedPolicies: "names nothing",
};

let tenants: TenantsOfTest;
let caller: Caller;
let others: Things;
/** As there is nothing of. */
let nobodys: Things;

beforeAll(async () => {
  tenants = await openTenants();
  caller = await tenants.callerWith(await tenants.createTenant("acme"), { role: "admin" });
  await tenants.as(caller, operations.createCollection, { name: "own", dimension: 16 });
  others = await makeThings(await tenants.createTenant("globex"));
  const ids = new UuidV7Generator(systemClock, systemRandom);
  nobodys = {
    tenant: ids.next(),
    tenantName: "hooli",
    policy: ids.next(),
    policyName: "policy-of-nobody",
    database: ids.next(),
    job: ids.next(),
    user: ids.next(),
    email: "nobody@example.com",
    apiKey: ids.next(),
    collection: ids.next(),
    collectionName: "of-nobody",
    document: ids.next(),
    snapshot: ids.next(),
    model: ids.next(),
  };
});
afterAll(() => tenants.close());

async function makeThings(tenantId: TenantId): Promise<Things> {
  const other = await tenants.callerWith(tenantId, { role: "admin" });
  const collectionName = "of-others";
  const { id } = await tenants.as(other, operations.createCollection, {
    name: collectionName,
    dimension: 16,
  });
  await tenants.as(other, operations.createCollection, { name: "narrow", dimension: 24 });
  const models = await tenants.as(other, operations.listModels, {});
  const written = { collection: id, documents: [document] };
  const { items } = await tenants.as(other, operations.upsertDocuments, written);
  const snapshot = await tenants.as(other, operations.createSnapshot, { collection: id });
  const database = await tenants.defaultDatabaseOf(tenantId);
  await tenants.as(other, operations.createDatabase, { name: "gone" });
  const job = await tenants.as(other, operations.deleteDatabase, { database: "gone" });
  const email = "somebody@example.com";
  const user = await tenants.as(other, operations.createUser, {
    email,
    role: "viewer",
    password: "correct horse battery",
  });
  const apiKey = await tenants.as(other, operations.createApiKey, { name: "k", role: "viewer" });
  const policyName = "policy-of-others";
  const policy = await tenants.as(other, operations.createPolicy, { name: policyName, cedarText: harmless });
  return {
    tenant: tenantId,
    tenantName: "globex",
    policy: policy.id,
    policyName,
    database,
    job: job.id,
    user: user.id,
    email,
    apiKey: apiKey.id,
    collection: id,
    collectionName,
    document: (items[0] as { id: string }).id,
    snapshot: snapshot.id,
    model: models.find(({ dimension }) => dimension === 24)!.id,
  };
}

const refusal = /"code":"(?:not_found|invalid_argument|unauthenticated)"/;

/** What came of it, with the things that were asked for by their kinds. */
async function outcomeOf(ask: () => Promise<unknown>, things: Things): Promise<string> {
  const result = await ask().then(
    (value) => ({ value }),
    ({ code, message, violations }) => ({ code, message, violations }),
  );
  let text = JSON.stringify(result);
  for (const [kind, name] of Object.entries(things)) text = text.replaceAll(name, `<${kind}>`);
  return text;
}

test("every operation says what of others it could lead to", () => {
  expect(Object.keys(asks).toSorted()).toEqual(Object.keys(operations).toSorted());
});

describe("another tenant's things are as things that do not exist", () => {
  const cases = Object.entries(operations).flatMap(([name, operation]) => {
    const ask = asks[name];
    return ask === undefined || ask === "names nothing" ? [] : [[name, operation, ask] as const];
  });

  test.each(cases)("for %s", async (_, operation, ask) => {
    const run = operation as unknown as Operation<object, unknown>;
    for (const [at, input] of ask(others).entries()) {
      const unknown = ask(nobodys)[at]!;
      const outcome = await outcomeOf(() => tenants.as(caller, run, input), others);
      expect(outcome).toBe(await outcomeOf(() => tenants.as(caller, run, unknown), nobodys));
      expect(outcome).toMatch(refusal);
    }
  });

  test.each(cases)("for %s in another tenant's database", async (_, operation, ask) => {
    const run = operation as unknown as Operation<object, unknown>;
    for (const [at, input] of ask(others).entries()) {
      const unknown = ask(nobodys)[at]!;
      const theirs = () => tenants.as(caller, run, input, { database: others.database });
      const none = () => tenants.as(caller, run, unknown, { database: nobodys.database });
      const outcome = await outcomeOf(theirs, others);
      expect(outcome).toBe(await outcomeOf(none, nobodys));
      expect(outcome).toMatch(refusal);
    }
  });
});
