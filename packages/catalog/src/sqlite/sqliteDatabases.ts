import {
  type DatabaseId,
  formatTimestamp,
  idFromBytes,
  idToBytes,
  notFound,
  type TenantId,
} from "@akidb/base";
import type { Selectable } from "kysely";
import { checkDatabase } from "../checkDatabase.ts";
import {
  type DatabaseAttributes,
  type DatabaseRecord,
  type DatabaseRepository,
  databaseTransitions,
} from "../database.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import { checkStateChange } from "../stateMachine.ts";
import type { DatabaseTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

const defaults = { description: null, schemaVersion: 1 } as const;

export function sqliteDatabases(session: SqliteSession, { clock, ids }: RowSources): DatabaseRepository {
  return {
    async create(tenantId, input) {
      const database = overlay<DatabaseAttributes>({ ...defaults, name: input.name }, input);
      checkDatabase(database);
      const now = formatTimestamp(clock.nowMs());
      const row = {
        database_id: idToBytes(ids.next()),
        tenant_id: idToBytes(tenantId),
        ...databaseColumns(database),
        created_at: now,
        updated_at: now,
      };
      return toRecord(
        await session.run(
          (db) => db.insertInto("databases").values(row).returningAll().executeTakeFirstOrThrow(),
          { noun: "database", fields: database, parent: `tenant "${tenantId}"` },
        ),
      );
    },

    get: (id) => getDatabase(session, id),

    async findByName(tenantId, name) {
      const row = requireWhole(
        "databases",
        await session.run((db) =>
          db
            .selectFrom("databases")
            .selectAll()
            .where("tenant_id", "=", idToBytes(tenantId))
            .where("name", "=", name)
            .executeTakeFirst(),
        ),
      );
      return row && toRecord(row);
    },

    async list(tenantId, page = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("databases")
          .selectAll()
          .$if(tenantId !== "all", (query) => query.where("tenant_id", "=", idToBytes(tenantId as TenantId)))
          .$if(after !== undefined, (query) => query.where("database_id", ">", idToBytes(after!)))
          .orderBy("database_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({ table: "databases", rows, limit, idOf: ({ database_id }) => database_id, toRecord });
    },

    update: (id, changes) =>
      session.atomically(async (within) => {
        const current = await getDatabase(within, id);
        const database = overlay<DatabaseAttributes>(current, changes);
        checkDatabase(database);
        const columns = { ...databaseColumns(database), updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run(
            (db) =>
              db
                .updateTable("databases")
                .set(columns)
                .where("database_id", "=", idToBytes(id))
                .returningAll()
                .executeTakeFirstOrThrow(),
            { noun: "database", fields: database },
          ),
        );
      }),

    setState: (id, state) =>
      session.atomically(async (within) => {
        const current = await getDatabase(within, id);
        checkStateChange(databaseTransitions, `database "${current.name}"`, current.state, state);
        const columns = { state, updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run((db) =>
            db
              .updateTable("databases")
              .set(columns)
              .where("database_id", "=", idToBytes(id))
              .returningAll()
              .executeTakeFirstOrThrow(),
          ),
        );
      }),

    async delete(id) {
      const { numDeletedRows } = await session.run((db) =>
        db.deleteFrom("databases").where("database_id", "=", idToBytes(id)).executeTakeFirstOrThrow(),
      );
      if (numDeletedRows === 0n) throw notFound(`database "${id}"`);
    },
  };
}

async function getDatabase(session: SqliteSession, id: DatabaseId): Promise<DatabaseRecord> {
  const row = requireWhole(
    "databases",
    await session.run((db) =>
      db.selectFrom("databases").selectAll().where("database_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`database "${id}"`);
  return toRecord(row);
}

export const databaseColumns = (database: DatabaseAttributes) => ({
  name: database.name,
  description: database.description,
  schema_version: database.schemaVersion,
});

const toRecord = (row: Selectable<DatabaseTable>): DatabaseRecord => ({
  id: idFromBytes(row.database_id),
  tenantId: idFromBytes(row.tenant_id),
  name: row.name,
  description: row.description,
  state: row.state,
  schemaVersion: row.schema_version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
