import { formatTimestamp, idFromBytes, idToBytes, notFound, type PolicyId } from "@akidb/base";
import type { Selectable } from "kysely";
import { checkPolicy } from "../checkPolicy.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import type { PolicyAttributes, PolicyRecord, PolicyRepository } from "../policy.ts";
import type { PolicyTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

export function sqlitePolicies(session: SqliteSession, { clock, ids }: RowSources): PolicyRepository {
  return {
    async create(tenantId, input) {
      const { name, cedarText } = input;
      const policy = overlay<PolicyAttributes>({ name, cedarText, enabled: true }, input);
      checkPolicy(policy);
      const now = formatTimestamp(clock.nowMs());
      const row = {
        policy_id: idToBytes(ids.next()),
        tenant_id: idToBytes(tenantId),
        ...toColumns(policy),
        created_at: now,
        updated_at: now,
      };
      return toRecord(
        await session.run(
          (db) => db.insertInto("policies").values(row).returningAll().executeTakeFirstOrThrow(),
          { noun: "policy", fields: policy, parent: `tenant "${tenantId}"` },
        ),
      );
    },

    get: (id) => getPolicy(session, id),

    async findByName(tenantId, name) {
      const row = requireWhole(
        "policies",
        await session.run((db) =>
          db
            .selectFrom("policies")
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
          .selectFrom("policies")
          .selectAll()
          .where("tenant_id", "=", idToBytes(tenantId))
          .$if(after !== undefined, (query) => query.where("policy_id", ">", idToBytes(after!)))
          .orderBy("policy_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({ table: "policies", rows, limit, idOf: ({ policy_id }) => policy_id, toRecord });
    },

    async count(tenantId) {
      const { count } = await session.run((db) =>
        db
          .selectFrom("policies")
          .select((of) => of.fn.countAll<number>().as("count"))
          .where("tenant_id", "=", idToBytes(tenantId))
          .executeTakeFirstOrThrow(),
      );
      return count;
    },

    update: (id, changes) =>
      session.atomically(async (within) => {
        const current = await getPolicy(within, id);
        const policy = overlay<PolicyAttributes>(current, changes);
        checkPolicy(policy);
        const columns = { ...toColumns(policy), updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run(
            (db) =>
              db
                .updateTable("policies")
                .set(columns)
                .where("policy_id", "=", idToBytes(id))
                .returningAll()
                .executeTakeFirstOrThrow(),
            { noun: "policy", fields: policy },
          ),
        );
      }),

    async delete(id) {
      const { numDeletedRows } = await session.run((db) =>
        db.deleteFrom("policies").where("policy_id", "=", idToBytes(id)).executeTakeFirstOrThrow(),
      );
      if (numDeletedRows === 0n) throw notFound(`policy "${id}"`);
    },
  };
}

async function getPolicy(session: SqliteSession, id: PolicyId): Promise<PolicyRecord> {
  const row = requireWhole(
    "policies",
    await session.run((db) =>
      db.selectFrom("policies").selectAll().where("policy_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`policy "${id}"`);
  return toRecord(row);
}

const toColumns = (policy: PolicyAttributes) => ({
  name: policy.name,
  cedar_text: policy.cedarText,
  enabled: policy.enabled ? 1 : 0,
});

const toRecord = (row: Selectable<PolicyTable>): PolicyRecord => ({
  id: idFromBytes(row.policy_id),
  tenantId: idFromBytes(row.tenant_id),
  name: row.name,
  cedarText: row.cedar_text,
  enabled: row.enabled === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
