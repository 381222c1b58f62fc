import {
  type AuditLogEntry,
  type AuditLogQuery,
  auditFormats,
  auditResults,
  type PageRequest,
} from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type {
  AuditLogServiceDefinition,
  AuditLogEntry as EntryMessage,
  ExportAuditLogRequest,
  ExportAuditLogResponse,
  AuditLogQuery as QueryMessage,
} from "@akidb/protocol/grpc";
import { type CallSession, runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import { oneOf } from "../oneOf.ts";
import type { ServiceHandles } from "../service.ts";
import { partsOf } from "./partsOf.ts";

export const auditLogService: ServiceHandles<typeof AuditLogServiceDefinition> = {
  listAuditLog: async ({ query, ...page }, session) => {
    const input = { ...queryOf(query), ...definedFields<PageRequest>(page) };
    const { items, nextCursor } = await runOperation(operations.listAuditLog, input, session);
    return { entries: items.map(entryMessage), nextCursor };
  },
  exportAuditLog,
  verifyAuditLog: async ({ known }, session) => {
    const input = known === undefined ? {} : { known };
    const { problems, ...found } = await runOperation(operations.verifyAuditLog, input, session);
    return { ...found, problems: [...problems] };
  },
};

async function* exportAuditLog(
  { query, format }: ExportAuditLogRequest,
  session: CallSession,
): AsyncGenerator<ExportAuditLogResponse> {
  const known = oneOf(auditFormats, format, "format");
  const input = { ...queryOf(query), ...(known !== undefined && { format: known }) };
  const file = await runOperation(operations.exportAuditLog, input, session);
  for await (const data of partsOf(file)) yield { data };
}

const queryOf = (query: QueryMessage | undefined): AuditLogQuery =>
  query === undefined
    ? {}
    : definedFields<AuditLogQuery>({
        ...query,
        result: oneOf(auditResults, query.result, "query.result"),
        allTenants: query.allTenants || undefined,
      });

const entryMessage = ({ id, metadata, ...entry }: AuditLogEntry): EntryMessage => ({
  ...nullsAbsent(entry),
  entryId: id,
  metadata: { ...metadata },
});
