import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeApiKey, parseApiKey } from "@akidb/access";
import { type DatabaseId, noDeadline, systemRandom, type TenantId } from "@akidb/base";
import type { NewApiKey } from "@akidb/catalog";
import type { Call } from "../call.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type Operation } from "../operation.ts";
import { type Caller, ownProcess } from "./caller.ts";
import { theServer } from "./resources.ts";

/** A database with tenants whose callers show keys. */
export interface TenantsOfTest {
  readonly database: Database;
  /** Whoever holds the database in its own process. */
  asOwner<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output>;
  as<Input, Output>(
    caller: Caller,
    operation: Operation<Input, Output>,
    input: Input,
    more?: Pick<Call, "database">,
  ): Promise<Output>;
  /** Active, with a database called default. */
  createTenant(name: string): Promise<TenantId>;
  defaultDatabaseOf(tenantId: TenantId): Promise<DatabaseId>;
  /** @param tenantId the server's own if undefined */
  callerWith(tenantId: TenantId | undefined, key: Partial<NewApiKey>): Promise<Caller>;
  close(): Promise<void>;
}

export async function openTenants(): Promise<TenantsOfTest> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-tenants-"));
  const database = await openDatabase({ directory, command: "test", wal: { sync: "never" } });
  const call = { requestId: "test", deadline: noDeadline() };
  const asOwner: TenantsOfTest["asOwner"] = (operation, input) =>
    database.execute(operation, input, { ...call, caller: ownProcess });
  return {
    database,
    asOwner,
    as: (caller, operation, input, more = {}) =>
      database.execute(operation, input, { ...call, ...more, caller }),
    createTenant: (name) => asOwner(createTenant, name),
    defaultDatabaseOf: (tenantId) => asOwner(findDatabase, tenantId),
    async callerWith(tenantId, attributes) {
      const key = parseApiKey(await asOwner(createKey, { tenantId, ...attributes }))!;
      const principal = await database.authenticate({ kind: "api_key", key });
      return { principal, ipAddress: null, userAgent: null };
    },
    async close() {
      await database.close();
      rmSync(directory, { recursive: true });
    },
  };
}

const createTenant = defineOperation<string, TenantId>({
  name: "createTenant",
  permission: "server::admin",
  resource: theServer,
  run: async ({ catalog, databases }, name) => {
    const { id } = await catalog.tenants.create({ name });
    await catalog.tenants.setStatus(id, "active");
    const { id: databaseId } = await catalog.databases.create(id, { name: "default" });
    databases.put(await catalog.databases.setState(databaseId, "ready"));
    return id;
  },
});

const findDatabase = defineOperation<TenantId, DatabaseId>({
  name: "findDatabase",
  permission: "server::admin",
  resource: theServer,
  run: async ({ databases }, tenantId) => databases.find(tenantId).id,
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
