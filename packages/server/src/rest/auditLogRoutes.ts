import { operations } from "@akidb/database";
import {
  AuditExportQuery,
  AuditFile,
  AuditLogList,
  AuditLogPageQuery,
  AuditVerificationResource,
  auditExportContentTypes,
  auditLogListToWire,
  auditLogQueryFromWire,
  auditVerificationToWire,
  VerifyAuditLogBody,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute, runFor, runOperation } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

const tag = "Audit log";
const url = "/api/v1/audit-logs";

export function addAuditLogRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listAuditLog",
    tag,
    summary: "List who did what, or was denied, the newest first",
    operation: operations.listAuditLog,
    querystring: AuditLogPageQuery,
    status: 200,
    response: AuditLogList,
    input: ({ query }) => auditLogQueryFromWire(query),
    output: auditLogListToWire,
  });
  addRoute(app, operations.exportAuditLog, {
    method: "GET",
    url: `${url}/export`,
    operationId: "exportAuditLog",
    tag,
    summary: "Export the audit log as JSONL or CSV, the oldest entry first",
    description:
      "Of any length, as it is read. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe.",
    querystring: AuditExportQuery,
    responses: { 200: AuditFile },
    handle: async (request, reply) => {
      const { format = "jsonl", ...query } = request.query as AuditExportQuery;
      const run = runFor(request, reply, context);
      const input = { ...auditLogQueryFromWire(query), format };
      const body = await runOperation(operations.exportAuditLog, input, run);
      return reply
        .header("content-type", auditExportContentTypes[format])
        .header("content-disposition", `attachment; filename="audit.${format}"`)
        .send(body);
    },
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/verify`,
    operationId: "verifyAuditLog",
    tag,
    summary: "Find entries that were changed, removed or put elsewhere",
    description:
      "Recomputes the chain of the whole server's log. `head` names the newest entry: kept elsewhere and given as `known` " +
      "later, it proves that nothing up to it was written anew.",
    operation: operations.verifyAuditLog,
    body: VerifyAuditLogBody,
    status: 200,
    response: AuditVerificationResource,
    input: ({ body }) => body,
    output: auditVerificationToWire,
  });
}
