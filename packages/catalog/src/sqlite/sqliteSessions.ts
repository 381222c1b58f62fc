import { formatTimestamp, idFromBytes, idToBytes, type SessionId } from "@akidb/base";
import type { Selectable } from "kysely";
import type { RefreshToken, Rotation, SessionRecord, SessionRepository } from "../session.ts";
import type { SessionTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

export function sqliteSessions(session: SqliteSession, { clock, ids }: RowSources): SessionRepository {
  return {
    create: ({ tenantId, userId, expiresAt, token }) =>
      session.atomically(async (within) => {
        const now = formatTimestamp(clock.nowMs());
        const row = {
          session_id: idToBytes(ids.next()),
          tenant_id: idToBytes(tenantId),
          user_id: idToBytes(userId),
          expires_at: expiresAt,
          created_at: now,
          updated_at: now,
        };
        const created = await within.run(
          (db) => db.insertInto("sessions").values(row).returningAll().executeTakeFirstOrThrow(),
          { noun: "session", fields: {}, parent: `user "${userId}"` },
        );
        await insertToken(within, { sessionId: created.session_id, token, now });
        return toRecord(created);
      }),

    find: (id) => findSession(session, id),

    rotate: (tokenHash, next) =>
      session.atomically(async (within): Promise<Rotation> => {
        const presented = requireWhole(
          "refresh_tokens",
          await within.run((db) =>
            db
              .selectFrom("refresh_tokens")
              .selectAll()
              .where("token_hash", "=", tokenHash)
              .executeTakeFirst(),
          ),
        );
        if (presented === undefined) return { outcome: "unknown" };
        const of = await findSession(within, idFromBytes(presented.session_id));
        if (of === undefined) return { outcome: "unknown" };
        const now = formatTimestamp(clock.nowMs());
        if (of.revokedAt !== null || of.expiresAt <= now) return { outcome: "ended", session: of };
        if (presented.used_at !== null) {
          await revokeSession(within, { session: of, now });
          return { outcome: "reused", session: { ...of, revokedAt: now } };
        }
        if (presented.expires_at <= now) return { outcome: "ended", session: of };
        const used = { used_at: now, updated_at: timeOfChange(clock, presented.updated_at) };
        await within.run((db) =>
          db.updateTable("refresh_tokens").set(used).where("token_hash", "=", tokenHash).execute(),
        );
        await insertToken(within, { sessionId: presented.session_id, token: next, now });
        return { outcome: "rotated", session: of };
      }),

    revoke: (id) =>
      session.atomically(async (within) => {
        const found = await findSession(within, id);
        if (found === undefined || found.revokedAt !== null) return;
        await revokeSession(within, { session: found, now: formatTimestamp(clock.nowMs()) });
      }),

    revokeAllOf: (userId) =>
      session.atomically(async (within) => {
        const rows = await within.run((db) =>
          db
            .selectFrom("sessions")
            .selectAll()
            .where("user_id", "=", idToBytes(userId))
            .where("revoked_at", "is", null)
            .execute(),
        );
        const now = formatTimestamp(clock.nowMs());
        for (const row of rows) await revokeSession(within, { session: toRecord(row), now });
        return rows.length;
      }),

    async deleteExpired() {
      const { numDeletedRows } = await session.run((db) =>
        db
          .deleteFrom("sessions")
          .where("expires_at", "<=", formatTimestamp(clock.nowMs()))
          .executeTakeFirstOrThrow(),
      );
      return Number(numDeletedRows);
    },
  };

  function revokeSession(
    within: SqliteSession,
    { session: { id, updatedAt }, now }: { readonly session: SessionRecord; readonly now: string },
  ): Promise<unknown> {
    const columns = { revoked_at: now, updated_at: timeOfChange(clock, updatedAt) };
    return within.run((db) =>
      db.updateTable("sessions").set(columns).where("session_id", "=", idToBytes(id)).execute(),
    );
  }
}

const insertToken = (
  within: SqliteSession,
  {
    sessionId,
    token: { tokenHash, expiresAt },
    now,
  }: { readonly sessionId: Uint8Array; readonly token: RefreshToken; readonly now: string },
): Promise<unknown> =>
  within.run((db) =>
    db
      .insertInto("refresh_tokens")
      .values({
        token_hash: tokenHash,
        session_id: sessionId,
        expires_at: expiresAt,
        created_at: now,
        updated_at: now,
      })
      .execute(),
  );

async function findSession(session: SqliteSession, id: SessionId): Promise<SessionRecord | undefined> {
  const row = requireWhole(
    "sessions",
    await session.run((db) =>
      db.selectFrom("sessions").selectAll().where("session_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );
  return row && toRecord(row);
}

const toRecord = (row: Selectable<SessionTable>): SessionRecord => ({
  id: idFromBytes(row.session_id),
  tenantId: idFromBytes(row.tenant_id),
  userId: idFromBytes(row.user_id),
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
