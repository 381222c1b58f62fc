import type { TenantId } from "@akidb/base";
import { roles } from "@akidb/catalog";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import type { Caller } from "./caller.ts";
import { openTenants, type TenantsOfTest } from "./tenants.test.support.ts";

/**
 * Who may run what, written by hand from the contract: an admin of a tenant, a developer, a viewer, an auditor; the server's
 * admin, who is one of its own tenant, too; a key of an admin that may only read, and one whose filter binds it.
 */
const table: Readonly<Record<string, string>> = {
  createCollection: "admin developer server",
  listCollections: "admin developer viewer auditor server reader bound",
  getCollection: "admin developer viewer auditor server reader bound",
  deleteCollection: "admin server",
  upsertDocuments: "admin developer server bound",
  getDocument: "admin developer viewer server reader bound",
  patchDocument: "admin developer server bound",
  patchDocuments: "admin developer server bound",
  deleteDocument: "admin developer server bound",
  getDocuments: "admin developer viewer server reader bound",
  deleteDocuments: "admin developer server bound",
  query: "admin developer viewer server reader bound",
  queryBatch: "admin developer viewer server reader bound",
  scroll: "admin developer viewer server reader bound",
  count: "admin developer viewer server reader bound",
  facets: "admin developer viewer server reader bound",
  createSnapshot: "admin developer server",
  listSnapshots: "admin developer viewer auditor server reader",
  deleteSnapshot: "admin developer server",
  restoreSnapshot: "admin developer server",
  downloadSnapshot: "admin developer viewer server reader",
  getTier: "admin developer viewer auditor server reader bound",
  changeTier: "admin developer server",
  getTierMetrics: "admin developer viewer auditor server reader bound",
  embed: "admin developer viewer server reader bound",
  listServedModels: "admin developer viewer server reader bound",
  listModels: "admin developer viewer server reader bound",
  getModel: "admin developer viewer server reader bound",
  switchModel: "server",
  updateCollection: "admin developer server",
  startReembedding: "admin developer server",
  getReembedding: "admin developer viewer auditor server reader bound",
  pauseReembedding: "admin developer server",
  resumeReembedding: "admin developer server",
  cancelReembedding: "admin developer server",
  rollBackReembedding: "admin developer server",
  createTenant: "server",
  listTenants: "server",
  getTenant: "admin auditor server reader",
  updateTenant: "server",
  deleteTenant: "server",
  createDatabase: "admin developer server",
  listDatabases: "admin developer viewer auditor server reader bound",
  getDatabase: "admin developer viewer auditor server reader bound",
  updateDatabase: "admin developer server",
  deleteDatabase: "admin server",
  getJob: "admin developer viewer auditor server reader bound",
  createUser: "admin server",
  listUsers: "admin auditor server reader",
  getUser: "admin auditor server reader",
  updateUser: "admin server",
  deleteUser: "admin server",
  createApiKey: "admin server",
  listApiKeys: "admin server",
  getApiKey: "admin server",
  revokeApiKey: "admin server",
  deleteApiKey: "admin server",
  login: "everybody",
  refresh: "everybody",
  logout: "session",
  changePassword: "session",
  me: "session",
  permissions: "session",
  getUsage: "admin auditor server reader",
  getReadiness: "server",
  getGauges: "server",
  startVerification: "server",
  getVerification: "server",
  startBackup: "server",
  getBackup: "server",
  resetCircuitBreakers: "server",
  listDeadLetters: "server",
  retryDeadLetters: "server",
  collectGarbage: "server",
  startGarbageCollection: "server",
  getGarbageReport: "server",
  cancelGarbageCollection: "server",
  createPolicy: "admin server",
  listPolicies: "admin server",
  getPolicy: "admin server",
  updatePolicy: "admin server",
  deletePolicy: "admin server",
  validatePolicy: "admin server",
  simulatePolicies: "admin server",
  listAuditLog: "admin auditor server reader",
  exportAuditLog: "admin auditor server reader",
  verifyAuditLog: "server",
  listShippedPolicies: "admin developer viewer auditor server reader bound",
};

/** What leads each operation to what it is done to; what has an identifier alone is of the caller's own tenant. */
const input = {
  collection: "c",
  name: "new",
  policy: "p",
  database: "default",
  email: "new@example.com",
  role: "viewer",
};
const own = new Map<TenantId, object>();

let tenants: TenantsOfTest;
const callers = new Map<string, Caller>();

beforeAll(async () => {
  tenants = await openTenants();
  const acme = await tenants.createTenant("acme");
  for (const role of roles) callers.set(role, await tenants.callerWith(acme, { role }));
  callers.set("reader", await tenants.callerWith(acme, { role: "admin", readOnly: true }));
  callers.set("bound", await tenants.callerWith(acme, { role: "admin", filter: { owner: "me" } }));
  callers.set("server", await tenants.callerWith(undefined, { role: "admin" }));
  for (const caller of [callers.get("admin")!, callers.get("server")!]) {
    await tenants.as(caller, operations.createCollection, { name: "c", dimension: 16 });
    const cedarText = "permit (principal, action, resource) when { context has ip };";
    await tenants.as(caller, operations.createPolicy, { name: "p", cedarText });
    await tenants.as(caller, operations.createDatabase, { name: "gone" });
    const job = await tenants.as(caller, operations.deleteDatabase, { database: "gone" });
    const { id: apiKey } = await tenants.as(caller, operations.createApiKey, { name: "k", role: "viewer" });
    const someone = { email: "a@example.com", role: "viewer", password: "correct horse battery" } as const;
    const { id: user } = await tenants.as(caller, operations.createUser, someone);
    const { tenantId: tenant } = caller.principal!;
    own.set(tenant, { tenant, job: job.id, apiKey, user });
  }
});
afterAll(() => tenants.close());

describe("an operation", () => {
  test("has a row in the table, and each row an operation", () => {
    expect(Object.keys(table).toSorted()).toEqual(Object.keys(operations).toSorted());
  });

  test.each(Object.entries(operations as unknown as Record<string, Operation<object, unknown>>))(
    "runs for those who may, and for nobody else: %s",
    async (name, operation) => {
      const allowed: string[] = [];
      for (const [who, caller] of callers) {
        // Whether it is run is all that is asked.
        const asked = { ...operation, run: async () => "ran" };
        const outcome = await tenants
          .as(caller, asked, { ...input, ...own.get(caller.principal!.tenantId) })
          .catch(({ code }) => code);
        expect(outcome).toMatch(/^ran$|^permission_denied$/);
        if (outcome === "ran") allowed.push(who);
      }
      const isOpen = table[name] === "everybody" || table[name] === "session";
      expect(allowed.toSorted()).toEqual((isOpen ? [...callers.keys()] : table[name]!.split(" ")).toSorted());
    },
  );

  test.each(Object.entries(operations as unknown as Record<string, Operation<object, unknown>>))(
    "is closed to whoever does not say who it is, unless it is for everybody: %s",
    async (name, operation) => {
      const asked = { ...operation, run: async () => "ran" };
      const stranger = { principal: null, ipAddress: null, userAgent: null };
      const outcome = await tenants.as(stranger, asked, input).catch(({ code }) => code);
      expect(outcome).toBe(table[name] === "everybody" ? "ran" : "unauthenticated");
    },
  );
});
