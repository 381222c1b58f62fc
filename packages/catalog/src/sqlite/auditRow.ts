import type { Selectable } from "kysely";
import type { HashedAuditFields } from "../auditHash.ts";
import type { AuditLogTable } from "./catalogTables.ts";

export type AuditRow = Selectable<AuditLogTable>;

export const hashedFields = (
  row: Omit<AuditRow, "user_id" | "previous_hash" | "entry_hash">,
): HashedAuditFields => ({
  sequence: row.sequence,
  id: row.audit_log_id,
  tenantId: row.tenant_id,
  userHash: row.user_hash,
  action: row.action,
  resourceType: row.resource_type,
  resourceId: row.resource_id,
  result: row.result,
  reason: row.reason,
  metadata: row.metadata,
  ipAddress: row.ip_address,
  userAgent: row.user_agent,
  createdAt: row.created_at,
});
