import {
  type ApiKeyId,
  assert,
  type CollectionId,
  type DatabaseId,
  formatTimestamp,
  idFromBytes,
  idToBytes,
  type JsonObject,
  notFound,
  type TenantId,
} from "@akidb/base";
import type { Selectable } from "kysely";
import type { ApiKeyAttributes, ApiKeyRecord, ApiKeyRepository } from "../apiKey.ts";
import { catalogLimits } from "../catalogLimits.ts";
import { checkApiKey } from "../checkApiKey.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import type { ApiKeyTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

const defaults = {
  userId: null,
  role: null,
  databases: null,
  collections: null,
  readOnly: false,
  filter: null,
  expiresAt: null,
} as const;

export function sqliteApiKeys(session: SqliteSession, { clock, ids }: RowSources): ApiKeyRepository {
  return {
    async create(tenantId, { keyHash, prefix, ...input }) {
      assert(
        prefix.length > 0 && prefix.length <= catalogLimits.keyPrefixCharactersMax,
        "the prefix of a key is the beginning of it",
      );
      const key = overlay<ApiKeyAttributes>({ ...defaults, name: input.name }, input);
      checkApiKey(key);
      const now = formatTimestamp(clock.nowMs());
      const row = {
        api_key_id: idToBytes(ids.next()),
        tenant_id: idToBytes(tenantId),
        ...apiKeyColumns(key),
        key_hash: keyHash,
        prefix,
        created_at: now,
        updated_at: now,
      };
      return toRecord(
        await session.run(
          (db) => db.insertInto("api_keys").values(row).returningAll().executeTakeFirstOrThrow(),
          { noun: "API key", fields: { prefix }, parent: describeKeyParent(tenantId, key) },
        ),
      );
    },

    get: (id) => getApiKey(session, id),

    async findByHash(keyHash) {
      const row = requireWhole(
        "api_keys",
        await session.run((db) =>
          db.selectFrom("api_keys").selectAll().where("key_hash", "=", keyHash).executeTakeFirst(),
        ),
      );
      return row && toRecord(row);
    },

    async list(tenantId, { userId, ...page } = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("api_keys")
          .selectAll()
          .where("tenant_id", "=", idToBytes(tenantId))
          .$if(userId !== undefined, (query) => query.where("user_id", "=", idToBytes(userId!)))
          .$if(after !== undefined, (query) => query.where("api_key_id", ">", idToBytes(after!)))
          .orderBy("api_key_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({ table: "api_keys", rows, limit, idOf: ({ api_key_id }) => api_key_id, toRecord });
    },

    revoke: (id) =>
      session.atomically(async (within) => {
        const current = await getApiKey(within, id);
        if (current.revokedAt !== null) return current;
        const columns = {
          revoked_at: formatTimestamp(clock.nowMs()),
          updated_at: timeOfChange(clock, current.updatedAt),
        };
        return toRecord(
          await within.run((db) =>
            db
              .updateTable("api_keys")
              .set(columns)
              .where("api_key_id", "=", idToBytes(id))
              .returningAll()
              .executeTakeFirstOrThrow(),
          ),
        );
      }),

    recordUse: (id) =>
      session.atomically(async (within) => {
        const row = await findApiKey(within, id);
        if (row === undefined) return;
        const columns = {
          last_used_at: formatTimestamp(clock.nowMs()),
          updated_at: timeOfChange(clock, row.updated_at),
        };
        await within.run((db) =>
          db.updateTable("api_keys").set(columns).where("api_key_id", "=", idToBytes(id)).execute(),
        );
      }),

    async delete(id) {
      const { numDeletedRows } = await session.run((db) =>
        db.deleteFrom("api_keys").where("api_key_id", "=", idToBytes(id)).executeTakeFirstOrThrow(),
      );
      if (numDeletedRows === 0n) throw notFound(`API key "${id}"`);
    },
  };
}

const findApiKey = async (
  session: SqliteSession,
  id: ApiKeyId,
): Promise<Selectable<ApiKeyTable> | undefined> =>
  requireWhole(
    "api_keys",
    await session.run((db) =>
      db.selectFrom("api_keys").selectAll().where("api_key_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );

async function getApiKey(session: SqliteSession, id: ApiKeyId): Promise<ApiKeyRecord> {
  const row = await findApiKey(session, id);
  if (row === undefined) throw notFound(`API key "${id}"`);
  return toRecord(row);
}

export const describeKeyParent = (tenantId: TenantId, { userId }: ApiKeyAttributes): string =>
  userId === null ? `tenant "${tenantId}"` : `user "${userId}"`;

export const apiKeyColumns = (key: ApiKeyAttributes) => ({
  user_id: key.userId === null ? null : idToBytes(key.userId),
  name: key.name,
  role: key.role,
  databases: key.databases === null ? null : JSON.stringify(key.databases),
  collections: key.collections === null ? null : JSON.stringify(key.collections),
  read_only: key.readOnly ? 1 : 0,
  filter: key.filter === null ? null : JSON.stringify(key.filter),
  expires_at: key.expiresAt,
});

const toRecord = (row: Selectable<ApiKeyTable>): ApiKeyRecord => ({
  id: idFromBytes(row.api_key_id),
  tenantId: idFromBytes(row.tenant_id),
  userId: row.user_id === null ? null : idFromBytes(row.user_id),
  name: row.name,
  prefix: row.prefix,
  role: row.role,
  databases: row.databases === null ? null : (JSON.parse(row.databases) as DatabaseId[]),
  collections: row.collections === null ? null : (JSON.parse(row.collections) as CollectionId[]),
  readOnly: row.read_only === 1,
  filter: row.filter === null ? null : (JSON.parse(row.filter) as JsonObject),
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
