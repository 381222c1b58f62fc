import { assert, formatTimestamp, idToBytes } from "@akidb/base";
import { checkApiKey } from "../checkApiKey.ts";
import { checkCollection } from "../checkCollection.ts";
import { checkDatabase } from "../checkDatabase.ts";
import { checkTenant } from "../checkTenant.ts";
import { checkUser } from "../checkUser.ts";
import { databaseTransitions } from "../database.ts";
import { checkTimestamp, refuseBadFields } from "../fieldCheck.ts";
import type { RowImport } from "../rowImport.ts";
import { stepsTo } from "../stateMachine.ts";
import { tenantTransitions } from "../tenant.ts";
import { apiKeyColumns, describeKeyParent } from "./sqliteApiKeys.ts";
import { collectionColumns, shapeColumns } from "./sqliteCollections.ts";
import { databaseColumns } from "./sqliteDatabases.ts";
import type { SqliteSession } from "./sqliteSession.ts";
import { tenantColumns } from "./sqliteTenants.ts";

/** @param session in a transaction: a row and its steps are one */
export const sqliteRowImport = (session: SqliteSession): RowImport => ({
  async tenant(record) {
    checkTenant(record);
    const { first, later } = timesOfSteps(record, stepsTo(tenantTransitions, "provisioning", record.status));
    const row = { tenant_id: idToBytes(record.id), ...tenantColumns(record), ...first };
    const subject = { noun: "tenant", fields: record };
    await session.run((db) => db.insertInto("tenants").values(row).execute(), subject);
    for (const { state: status, updated_at } of later) {
      await session.run((db) =>
        db
          .updateTable("tenants")
          .set({ status, updated_at })
          .where("tenant_id", "=", row.tenant_id)
          .execute(),
      );
    }
  },

  async database(record) {
    checkDatabase(record);
    const { first, later } = timesOfSteps(record, stepsTo(databaseTransitions, "provisioning", record.state));
    const row = {
      database_id: idToBytes(record.id),
      tenant_id: idToBytes(record.tenantId),
      ...databaseColumns(record),
      ...first,
    };
    const subject = { noun: "database", fields: record, parent: `tenant "${record.tenantId}"` };
    await session.run((db) => db.insertInto("databases").values(row).execute(), subject);
    for (const { state, updated_at } of later) {
      await session.run((db) =>
        db
          .updateTable("databases")
          .set({ state, updated_at })
          .where("database_id", "=", row.database_id)
          .execute(),
      );
    }
  },

  async collection(record) {
    checkCollection(record);
    const row = {
      collection_id: idToBytes(record.id),
      database_id: idToBytes(record.databaseId),
      ...shapeColumns(record),
      ...collectionColumns(record),
      ...timesOf(record),
    };
    const subject = { noun: "collection", fields: record, parent: `database "${record.databaseId}"` };
    await session.run((db) => db.insertInto("collections").values(row).execute(), subject);
  },

  async user(record, passwordHash) {
    checkUser(record);
    assert(record.status === "active" && record.lastLoginAt === null, "an imported user is a new one here");
    const row = {
      user_id: idToBytes(record.id),
      tenant_id: idToBytes(record.tenantId),
      email: record.email,
      role: record.role,
      password_hash: passwordHash,
      ...timesOf(record),
    };
    const subject = { noun: "user", fields: record, parent: `tenant "${record.tenantId}"` };
    await session.run((db) => db.insertInto("users").values(row).execute(), subject);
  },

  async apiKey(record, keyHash) {
    checkApiKey(record);
    assert(record.lastUsedAt === null && record.revokedAt === null, "an imported key is a new one here");
    const row = {
      api_key_id: idToBytes(record.id),
      tenant_id: idToBytes(record.tenantId),
      ...apiKeyColumns(record),
      key_hash: keyHash,
      prefix: record.prefix,
      ...timesOf(record),
    };
    const parent = describeKeyParent(record.tenantId, record);
    await session.run((db) => db.insertInto("api_keys").values(row).execute(), {
      noun: "API key",
      fields: { prefix: record.prefix },
      parent,
    });
  },
});

interface Times {
  readonly createdAt: string;
  readonly updatedAt: string;
}

function timesOf({ createdAt, updatedAt }: Times) {
  refuseBadFields([checkTimestamp("created_at", createdAt), checkTimestamp("updated_at", updatedAt)]);
  return { created_at: createdAt, updated_at: updatedAt };
}

/** Each step has to change the time, for a trigger sets that of the machine otherwise: so they lead up to the last. */
function timesOfSteps<State extends string>(record: Times, states: readonly State[]) {
  const { created_at, updated_at } = timesOf(record);
  const lastMs = Date.parse(updated_at);
  const timeOf = (step: number): string => formatTimestamp(lastMs - (states.length - step));
  return {
    first: { created_at, updated_at: timeOf(0) },
    later: states.map((state, index) => ({ state, updated_at: timeOf(index + 1) })),
  };
}
