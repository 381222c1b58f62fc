import { formatTimestamp, idFromBytes, idToBytes, notFound, type TenantId, type UserId } from "@akidb/base";
import type { Selectable } from "kysely";
import { checkUser } from "../checkUser.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import { checkStateChange } from "../stateMachine.ts";
import { type NewUser, type UserRecord, type UserRepository, userTransitions } from "../user.ts";
import type { UserTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

export function sqliteUsers(session: SqliteSession, { clock, ids }: RowSources): UserRepository {
  return {
    async create(tenantId, { email, role, passwordHash }) {
      checkUser({ email, role });
      const now = formatTimestamp(clock.nowMs());
      const row = {
        user_id: idToBytes(ids.next()),
        tenant_id: idToBytes(tenantId),
        email,
        role,
        password_hash: passwordHash,
        created_at: now,
        updated_at: now,
      };
      return toRecord(
        await session.run(
          (db) => db.insertInto("users").values(row).returningAll().executeTakeFirstOrThrow(),
          {
            noun: "user",
            fields: { email },
            parent: `tenant "${tenantId}"`,
          },
        ),
      );
    },

    async get(id) {
      return toRecord(await getUser(session, id));
    },

    async findByEmail(tenantId, email) {
      const row = await findUser(session, tenantId, email);
      return row && toRecord(row);
    },

    async findCredentials(tenantId, email) {
      const row = await findUser(session, tenantId, email);
      return row && { user: toRecord(row), passwordHash: row.password_hash };
    },

    async list(tenantId, page = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("users")
          .selectAll()
          .where("tenant_id", "=", idToBytes(tenantId))
          .$if(after !== undefined, (query) => query.where("user_id", ">", idToBytes(after!)))
          .orderBy("user_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({ table: "users", rows, limit, idOf: ({ user_id }) => user_id, toRecord });
    },

    update: (id, changes) =>
      session.atomically(async (within) => {
        const row = await getUser(within, id);
        const current = { email: row.email, role: row.role, passwordHash: row.password_hash };
        const { email, role, passwordHash } = overlay<NewUser>(current, changes);
        checkUser({ email, role });
        const columns = {
          email,
          role,
          password_hash: passwordHash,
          updated_at: timeOfChange(clock, row.updated_at),
        };
        return toRecord(
          await within.run(
            (db) =>
              db
                .updateTable("users")
                .set(columns)
                .where("user_id", "=", idToBytes(id))
                .returningAll()
                .executeTakeFirstOrThrow(),
            { noun: "user", fields: { email } },
          ),
        );
      }),

    setStatus: (id, status) =>
      session.atomically(async (within) => {
        const current = toRecord(await getUser(within, id));
        checkStateChange(userTransitions, `user "${current.email}"`, current.status, status);
        const columns = { status, updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run((db) =>
            db
              .updateTable("users")
              .set(columns)
              .where("user_id", "=", idToBytes(id))
              .returningAll()
              .executeTakeFirstOrThrow(),
          ),
        );
      }),

    recordLogin: (id) =>
      session.atomically(async (within) => {
        const current = await getUser(within, id);
        const columns = {
          last_login_at: formatTimestamp(clock.nowMs()),
          updated_at: timeOfChange(clock, current.updated_at),
        };
        await within.run((db) =>
          db.updateTable("users").set(columns).where("user_id", "=", idToBytes(id)).execute(),
        );
      }),

    async delete(id) {
      const { numDeletedRows } = await session.run((db) =>
        db.deleteFrom("users").where("user_id", "=", idToBytes(id)).executeTakeFirstOrThrow(),
      );
      if (numDeletedRows === 0n) throw notFound(`user "${id}"`);
    },
  };
}

const findUser = async (
  session: SqliteSession,
  tenantId: TenantId,
  email: string,
): Promise<Selectable<UserTable> | undefined> =>
  requireWhole(
    "users",
    await session.run((db) =>
      db
        .selectFrom("users")
        .selectAll()
        .where("tenant_id", "=", idToBytes(tenantId))
        .where("email", "=", email)
        .executeTakeFirst(),
    ),
  );

async function getUser(session: SqliteSession, id: UserId): Promise<Selectable<UserTable>> {
  const row = requireWhole(
    "users",
    await session.run((db) =>
      db.selectFrom("users").selectAll().where("user_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`user "${id}"`);
  return row;
}

const toRecord = (row: Selectable<UserTable>): UserRecord => ({
  id: idFromBytes(row.user_id),
  tenantId: idFromBytes(row.tenant_id),
  email: row.email,
  role: row.role,
  status: row.status,
  lastLoginAt: row.last_login_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
