import {
  assert,
  formatTimestamp,
  idFromBytes,
  idToBytes,
  type JsonObject,
  type Page,
  type PageRequest,
} from "@akidb/base";
import type { Selectable } from "kysely";
import { decodeAuditCursor, encodeAuditCursor } from "../auditCursor.ts";
import { hashAuditEntry, hashUserId } from "../auditHash.ts";
import type { AuditEntry, AuditLogRepository, AuditQuery, NewAuditEntry } from "../auditLog.ts";
import { checkAuditQuery } from "../checkAuditQuery.ts";
import { cutAuditEntry } from "../cutAuditEntry.ts";
import { checkTimestamp, refuseBadFields } from "../fieldCheck.ts";
import { checkPageLimit } from "../pageCursor.ts";
import { hashedFields } from "./auditRow.ts";
import type { AuditChainTable, AuditLogTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import type { RowSources } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

/** So much goes in one transaction, for others to come in between. */
const deletedEntriesMax = 1_000;

export function sqliteAuditLog(session: SqliteSession, { clock, ids }: RowSources): AuditLogRepository {
  return {
    append: (entries) =>
      session.atomically(async (within) => {
        const cut = entries.map(cutAuditEntry);
        const head = await readChain(within);
        const last = await within.run((db) =>
          db
            .selectFrom("audit_logs")
            .select("created_at")
            .where("sequence", "=", head.head_sequence)
            .executeTakeFirst(),
        );
        const now = formatTimestamp(clock.nowMs());
        const createdAt = last !== undefined && last.created_at > now ? last.created_at : now;
        const written: AuditEntry[] = [];
        let [sequence, previousHash] = [head.head_sequence, head.head_hash];
        for (const entry of cut) {
          sequence += 1;
          const row = await appendOne(within, { entry, sequence, previousHash, createdAt });
          previousHash = row.entry_hash;
          written.push(toEntry(row));
        }
        return written;
      }),

    list: (query) => listEntries(session, query),

    async head() {
      const { head_sequence, head_hash } = await readChain(session);
      return { sequence: head_sequence, hash: toHex(head_hash) };
    },

    async deleteBefore(time) {
      refuseBadFields([checkTimestamp("time", time)]);
      let total = 0;
      for (;;) {
        const count = await deleteSome(session, time);
        total += count;
        if (count < deletedEntriesMax) return total;
      }
    },
  };

  async function appendOne(
    within: SqliteSession,
    { entry, sequence, previousHash, createdAt }: EntryPlace,
  ): Promise<Selectable<AuditLogTable>> {
    const userId = entry.userId === null ? null : idToBytes(entry.userId);
    // Whoever has been deleted meanwhile did it all the same.
    const isKnown =
      userId !== null &&
      (await within.run((db) =>
        db.selectFrom("users").select("user_id").where("user_id", "=", userId).executeTakeFirst(),
      )) !== undefined;
    const columns = {
      sequence,
      audit_log_id: idToBytes(ids.next()),
      tenant_id: idToBytes(entry.tenantId),
      user_id: isKnown ? userId : null,
      user_hash: userId === null ? null : hashUserId(userId),
      action: entry.action,
      resource_type: entry.resourceType,
      resource_id: entry.resourceId,
      result: entry.result,
      reason: entry.reason,
      metadata: JSON.stringify(entry.metadata),
      ip_address: entry.ipAddress,
      user_agent: entry.userAgent,
      previous_hash: previousHash,
      created_at: createdAt,
    };
    const row = { ...columns, entry_hash: hashAuditEntry(previousHash, hashedFields(columns)) };
    await within.run((db) => db.insertInto("audit_logs").values(row).execute());
    return row;
  }
}

interface EntryPlace {
  readonly entry: NewAuditEntry;
  readonly sequence: number;
  readonly previousHash: Uint8Array;
  readonly createdAt: string;
}

async function readChain(session: SqliteSession): Promise<Selectable<AuditChainTable>> {
  const chain = requireWhole(
    "audit_chain",
    await session.run((db) => db.selectFrom("audit_chain").selectAll().executeTakeFirst()),
  );
  assert(chain !== undefined, "the audit log has its chain");
  return chain;
}

async function listEntries(
  session: SqliteSession,
  query: AuditQuery & PageRequest,
): Promise<Page<AuditEntry>> {
  checkAuditQuery(query);
  const { tenantId, userId, action, result, since, until, cursor, order = "newest_first" } = query;
  const limit = checkPageLimit(query.limit);
  const after = cursor === undefined ? undefined : decodeAuditCursor(cursor);
  const [direction, beyond, notBefore] =
    order === "newest_first" ? (["desc", "<", "<="] as const) : (["asc", ">", ">="] as const);
  const rows = await session.run((db) => {
    let select = db.selectFrom("audit_logs").selectAll();
    if (tenantId !== "all") select = select.where("tenant_id", "=", idToBytes(tenantId));
    if (userId !== undefined) select = select.where("user_id", "=", idToBytes(userId));
    if (action !== undefined) select = select.where("action", "=", action);
    if (result !== undefined) select = select.where("result", "=", result);
    if (since !== undefined) select = select.where("created_at", ">=", since);
    if (until !== undefined) select = select.where("created_at", "<", until);
    if (after !== undefined) {
      select = select
        .where("created_at", notBefore, formatTimestamp(after.createdAtMs))
        .where("sequence", beyond, after.sequence);
    }
    // The same order twice: the second begins with what the indexes of a tenant and of a user are sorted by.
    const sorted =
      tenantId === "all" && userId === undefined
        ? select.orderBy("sequence", direction)
        : select.orderBy("created_at", direction).orderBy("sequence", direction);
    return sorted.limit(limit + 1).execute();
  });
  const items = rows.slice(0, limit).map(toEntry);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items };
  const { sequence, createdAt } = last;
  return { items, nextCursor: encodeAuditCursor({ sequence, createdAtMs: Date.parse(createdAt) }) };
}

const deleteSome = (session: SqliteSession, time: string): Promise<number> =>
  session.atomically(async (within) => {
    const { anchor_sequence: anchor } = await readChain(within);
    const last = await within.run((db) =>
      db
        .selectFrom("audit_logs")
        .select(["sequence", "entry_hash"])
        .where("sequence", "<=", anchor + deletedEntriesMax)
        .where("created_at", "<", time)
        .orderBy("sequence", "desc")
        .limit(1)
        .executeTakeFirst(),
    );
    if (last === undefined) return 0;
    const columns = { anchor_sequence: last.sequence, anchor_hash: last.entry_hash };
    await within.run((db) => db.updateTable("audit_chain").set(columns).execute());
    await within.run((db) => db.deleteFrom("audit_logs").where("sequence", "<=", last.sequence).execute());
    return last.sequence - anchor;
  });

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const toEntry = (row: Selectable<AuditLogTable>): AuditEntry => ({
  id: idFromBytes(row.audit_log_id),
  sequence: row.sequence,
  tenantId: idFromBytes(row.tenant_id),
  userId: row.user_id === null ? null : idFromBytes(row.user_id),
  userHash: row.user_hash === null ? null : toHex(row.user_hash),
  action: row.action,
  resourceType: row.resource_type,
  resourceId: row.resource_id,
  result: row.result,
  reason: row.reason,
  metadata: JSON.parse(row.metadata) as JsonObject,
  ipAddress: row.ip_address,
  userAgent: row.user_agent,
  previousHash: toHex(row.previous_hash),
  hash: toHex(row.entry_hash),
  createdAt: row.created_at,
});
