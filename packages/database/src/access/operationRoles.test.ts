import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeApiKey, parseApiKey } from "@akidb/access";
import { noDeadline, systemRandom, type TenantId } from "@akidb/base";
import { type NewApiKey, roles } from "@akidb/catalog";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { type Caller, ownProcess } from "./caller.ts";
import { theServer } from "./resources.ts";

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
  embed: "admin developer viewer server reader bound",
  startVerification: "server",
  getVerification: "server",
  startBackup: "server",
  getBackup: "server",
};

/** What leads each operation to what it is done to. */
const input = { collection: "c", name: "new" };

let directory: string;
let database: Database;
const callers = new Map<string, Caller>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-roles-"));
  database = await openDatabase({ directory, command: "test", wal: { sync: "never" } });
  const tenantId = await asOwner(createTenant, "acme");
  for (const role of roles) callers.set(role, await callerWith(tenantId, { role }));
  callers.set("reader", await callerWith(tenantId, { role: "admin", readOnly: true }));
  callers.set("bound", await callerWith(tenantId, { role: "admin", filter: { owner: "me" } }));
  callers.set("server", await callerWith(undefined, { role: "admin" }));
  for (const caller of [callers.get("admin")!, callers.get("server")!]) {
    await database.execute(operations.createCollection, { name: "c", dimension: 16 }, callOf(caller));
  }
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const callOf = (caller: Caller | typeof ownProcess) => ({
  requestId: "test",
  deadline: noDeadline(),
  caller,
});
const asOwner = <Input, Output>(operation: Operation<Input, Output>, given: Input): Promise<Output> =>
  database.execute(operation, given, callOf(ownProcess));

const createTenant = defineOperation<string, TenantId>({
  name: "createTenant",
  permission: "server::admin",
  resource: theServer,
  run: async ({ catalog, databases }, name) => {
    const { id } = await catalog.tenants.create({ name });
    await catalog.tenants.setStatus(id, "active");
    databases.put(await catalog.databases.create(id, { name: "default" }));
    return id;
  },
});

const createKey = defineOperation<Partial<NewApiKey> & { tenantId: TenantId | undefined }, string>({
  name: "createKey",
  permission: "server::admin",
  resource: theServer,
  run: async ({ catalog, serverTenantId }, { tenantId = serverTenantId, ...attributes }) => {
    const { secret, keyHash, prefix } = makeApiKey(systemRandom);
    await catalog.apiKeys.create(tenantId, { name: "key", keyHash, prefix, ...attributes });
    return secret;
  },
});

async function callerWith(tenantId: TenantId | undefined, attributes: Partial<NewApiKey>): Promise<Caller> {
  const key = parseApiKey(await asOwner(createKey, { tenantId, ...attributes }))!;
  const principal = await database.authenticate({ kind: "api_key", key });
  return { principal, ipAddress: null, userAgent: null };
}

describe("an operation", () => {
  test("has a row in the table, and each row an operation", () => {
    expect(Object.keys(table).toSorted()).toEqual(Object.keys(operations).toSorted());
  });

  test.each(Object.entries(operations as unknown as Record<string, Operation<typeof input, unknown>>))(
    "runs for those who may, and for nobody else: %s",
    async (name, operation) => {
      const allowed: string[] = [];
      for (const [who, caller] of callers) {
        // Whether it is run is all that is asked.
        const asked = { ...operation, run: async () => "ran" };
        const outcome = await database.execute(asked, input, callOf(caller)).catch(({ code }) => code);
        expect(outcome).toMatch(/^ran$|^permission_denied$/);
        if (outcome === "ran") allowed.push(who);
      }
      expect(allowed.toSorted().join(" ")).toBe(table[name]!.split(" ").toSorted().join(" "));
    },
  );
});
