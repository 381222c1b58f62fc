import {
  assert,
  formatTimestamp,
  idFromBytes,
  idToBytes,
  type JsonObject,
  type Page,
  type PageRequest,
} from "@akidb/base";
import { type Selectable, sql } from "kysely";
import { type AuditCursor, decodeAuditCursor, encodeAuditCursor } from "../auditCursor.ts";
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
        // Promises alone would let nobody in who waits for a socket.
        await othersTurn();
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

/** Entries that are looked through in one go, some 3 ms. */
const windowEntries = 1_000;

async function listEntries(
  session: SqliteSession,
  query: AuditQuery & PageRequest,
): Promise<Page<AuditEntry>> {
  checkAuditQuery(query);
  const limit = checkPageLimit(query.limit);
  const found: Selectable<AuditLogTable>[] = [];
  let after = query.cursor === undefined ? undefined : decodeAuditCursor(query.cursor);
  for (;;) {
    // Without conditions that no index knows, the first window has all that is wanted.
    const size = hasUnindexed(query) ? windowEntries : limit + 1;
    const rows = await readWindow(session, query, { after, size });
    found.push(...rows.filter((row) => passes(row, query)));
    const last = rows.at(-1);
    if (found.length > limit || rows.length < size || last === undefined) break;
    after = cursorOf(last);
    query.checkIn?.();
    await othersTurn();
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items: items.map(toEntry) };
  return { items: items.map(toEntry), nextCursor: encodeAuditCursor(cursorOf(last)) };
}

const hasUnindexed = ({ action, result, resourceType, resourceId }: AuditQuery): boolean =>
  [action, resourceType, resourceId].some((each) => each !== undefined) || result === "allowed";

/** What the indexes do not know. */
const passes = (
  row: Selectable<AuditLogTable>,
  { action, result, resourceType, resourceId }: AuditQuery,
): boolean =>
  (action === undefined || row.action === action) &&
  (result === undefined || row.result === result) &&
  (resourceType === undefined || row.resource_type === resourceType) &&
  (resourceId === undefined || row.resource_id === resourceId);

const cursorOf = ({ sequence, created_at }: Selectable<AuditLogTable>): AuditCursor => ({
  sequence,
  createdAtMs: Date.parse(created_at),
});

interface Window {
  readonly after: AuditCursor | undefined;
  readonly size: number;
}

/** Entries in their order that pass what the indexes know. */
const readWindow = (
  session: SqliteSession,
  { tenantId, userId, result, since, until, order = "newest_first" }: AuditQuery,
  { after, size }: Window,
): Promise<readonly Selectable<AuditLogTable>[]> =>
  session.run((db) => {
    const [direction, beyond, notBefore] =
      order === "newest_first" ? (["desc", "<", "<="] as const) : (["asc", ">", ">="] as const);
    let select = db.selectFrom("audit_logs").selectAll();
    if (tenantId !== "all") select = select.where("tenant_id", "=", idToBytes(tenantId));
    if (userId !== undefined) select = select.where("user_id", "=", idToBytes(userId));
    if (result === "denied") select = select.where("result", "=", sql.lit("denied"));
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
    return sorted.limit(size).execute();
  });

const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
