import type { AuditLogEntry, AuditLogQuery, Page, PageRequest } from "@akidb/base";
import { auditQueryOf, auditRequirements } from "../../access/auditQueryOf.ts";
import { defineOperation } from "../../operation.ts";

export const listAuditLog = defineOperation<AuditLogQuery & PageRequest, Page<AuditLogEntry>>({
  name: "listAuditLog",
  permission: "audit::read",
  ...auditRequirements,
  run: async (context, { limit, cursor, ...query }) =>
    await context.catalog.auditLog.list({
      ...(await auditQueryOf(context, query)),
      ...(limit !== undefined && { limit }),
      ...(cursor !== undefined && { cursor }),
    }),
});
