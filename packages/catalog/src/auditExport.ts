import type { AuditEntry, AuditLogRepository, AuditQuery } from "./auditLog.ts";

const pageSize = 1_000;

/** The oldest first; a page at a time, so that memory is bounded and others come in between. */
export async function* auditEntries(
  auditLog: AuditLogRepository,
  query: Omit<AuditQuery, "order">,
): AsyncGenerator<AuditEntry, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await auditLog.list({
      ...query,
      order: "oldest_first",
      limit: pageSize,
      ...(cursor !== undefined && { cursor }),
    });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** In the names of the wire. With the hashes, so that whoever has an export can verify it. */
const toWire = (entry: AuditEntry) => ({
  sequence: entry.sequence,
  audit_log_id: entry.id,
  created_at: entry.createdAt,
  tenant_id: entry.tenantId,
  user_id: entry.userId,
  action: entry.action,
  resource_type: entry.resourceType,
  resource_id: entry.resourceId,
  result: entry.result,
  reason: entry.reason,
  metadata: entry.metadata,
  ip_address: entry.ipAddress,
  user_agent: entry.userAgent,
  user_hash: entry.userHash,
  previous_hash: entry.previousHash,
  entry_hash: entry.hash,
});

type WireName = keyof ReturnType<typeof toWire>;

const columns: readonly WireName[] = [
  "sequence",
  "audit_log_id",
  "created_at",
  "tenant_id",
  "user_id",
  "action",
  "resource_type",
  "resource_id",
  "result",
  "reason",
  "metadata",
  "ip_address",
  "user_agent",
  "user_hash",
  "previous_hash",
  "entry_hash",
];

export const toAuditJsonLine = (entry: AuditEntry): string => `${JSON.stringify(toWire(entry))}\n`;

/** RFC 4180, whose lines end with CRLF. */
export const auditCsvHeader = `${columns.join(",")}\r\n`;

export function toAuditCsvLine(entry: AuditEntry): string {
  const wire = toWire(entry);
  return `${columns.map((column) => toCsvField(wire[column])).join(",")}\r\n`;
}

function toCsvField(value: unknown): string {
  const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  // A client's user agent must not become a formula in somebody's spreadsheet (OWASP, CSV injection).
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
