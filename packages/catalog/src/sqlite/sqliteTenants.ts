import {
  formatTimestamp,
  idFromBytes,
  idToBytes,
  type JsonObject,
  limits,
  notFound,
  type TenantId,
} from "@akidb/base";
import type { Selectable } from "kysely";
import { checkTenant } from "../checkTenant.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import { checkStateChange } from "../stateMachine.ts";
import {
  type TenantAttributes,
  type TenantRecord,
  type TenantRepository,
  tenantTransitions,
} from "../tenant.ts";
import type { TenantTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { freeSlug } from "./freeSlug.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

const defaults = {
  externalId: null,
  memoryQuotaBytes: limits.memoryQuotaBytesDefault,
  storageQuotaBytes: limits.storageQuotaBytesDefault,
  qpsQuota: limits.qpsQuotaDefault,
  metadata: {},
} as const;

export function sqliteTenants(session: SqliteSession, { clock, ids }: RowSources): TenantRepository {
  return {
    create: (input) =>
      session.atomically(async (within) => {
        // What is no text is refused below.
        const slug = input.slug ?? (await freeSlug(within, String(input.name)));
        const tenant = overlay<TenantAttributes>({ ...defaults, name: input.name, slug }, input);
        checkTenant(tenant);
        const now = formatTimestamp(clock.nowMs());
        const row = {
          tenant_id: idToBytes(ids.next()),
          ...tenantColumns(tenant),
          created_at: now,
          updated_at: now,
        };
        return toRecord(
          await within.run(
            (db) => db.insertInto("tenants").values(row).returningAll().executeTakeFirstOrThrow(),
            { noun: "tenant", fields: tenant },
          ),
        );
      }),

    get: (id) => getTenant(session, id),

    async findBySlug(slug) {
      const row = requireWhole(
        "tenants",
        await session.run((db) =>
          db.selectFrom("tenants").selectAll().where("slug", "=", slug).executeTakeFirst(),
        ),
      );
      return row && toRecord(row);
    },

    async list(page = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("tenants")
          .selectAll()
          .$if(after !== undefined, (query) => query.where("tenant_id", ">", idToBytes(after!)))
          .orderBy("tenant_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({ table: "tenants", rows, limit, idOf: ({ tenant_id }) => tenant_id, toRecord });
    },

    update: (id, changes) =>
      session.atomically(async (within) => {
        const current = await getTenant(within, id);
        const tenant = overlay<TenantAttributes>(current, changes);
        checkTenant(tenant);
        const columns = { ...tenantColumns(tenant), updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run(
            (db) =>
              db
                .updateTable("tenants")
                .set(columns)
                .where("tenant_id", "=", idToBytes(id))
                .returningAll()
                .executeTakeFirstOrThrow(),
            { noun: "tenant", fields: tenant },
          ),
        );
      }),

    setStatus: (id, status) =>
      session.atomically(async (within) => {
        const current = await getTenant(within, id);
        checkStateChange(tenantTransitions, `tenant "${current.slug}"`, current.status, status);
        const columns = { status, updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run((db) =>
            db
              .updateTable("tenants")
              .set(columns)
              .where("tenant_id", "=", idToBytes(id))
              .returningAll()
              .executeTakeFirstOrThrow(),
          ),
        );
      }),

    async delete(id) {
      const { numDeletedRows } = await session.run((db) =>
        db.deleteFrom("tenants").where("tenant_id", "=", idToBytes(id)).executeTakeFirstOrThrow(),
      );
      if (numDeletedRows === 0n) throw notFound(`tenant "${id}"`);
    },
  };
}

async function getTenant(session: SqliteSession, id: TenantId): Promise<TenantRecord> {
  const row = requireWhole(
    "tenants",
    await session.run((db) =>
      db.selectFrom("tenants").selectAll().where("tenant_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`tenant "${id}"`);
  return toRecord(row);
}

export const tenantColumns = (tenant: TenantAttributes) => ({
  external_id: tenant.externalId,
  name: tenant.name,
  slug: tenant.slug,
  memory_quota_bytes: tenant.memoryQuotaBytes,
  storage_quota_bytes: tenant.storageQuotaBytes,
  qps_quota: tenant.qpsQuota,
  metadata: JSON.stringify(tenant.metadata),
});

const toRecord = (row: Selectable<TenantTable>): TenantRecord => ({
  id: idFromBytes(row.tenant_id),
  externalId: row.external_id,
  name: row.name,
  slug: row.slug,
  status: row.status,
  memoryQuotaBytes: row.memory_quota_bytes,
  storageQuotaBytes: row.storage_quota_bytes,
  qpsQuota: row.qps_quota,
  metadata: JSON.parse(row.metadata) as JsonObject,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
