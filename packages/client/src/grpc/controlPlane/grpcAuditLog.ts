import { type AuditLog, type AuditLogEntry, type AuditLogQuery, auditResults, type Page } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type { AuditLogEntry as EntryMessage, AuditLogQuery as QueryMessage } from "@akidb/protocol/grpc";
import { flag, oneOf, text, whole32, whole64 } from "../fields.ts";
import { fileOf } from "../fileOf.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { fieldsOf, nullsOf } from "../messageFields.ts";
import { sentPart } from "../sentPart.ts";

export const grpcAuditLog = (calls: GrpcCalls): AuditLog => ({
  list: async (query = {}, options) => {
    const { entries, nextCursor } = await calls.send("auditLog", "listAuditLog", {
      request: () => ({ query: queryMessage(query), ...fieldsOf(query, { limit: whole32, cursor: text }) }),
      repeatable: true,
      options,
    });
    return definedFields<Page<AuditLogEntry>>({ items: entries.map(entryOf), nextCursor });
  },

  export: async (query = {}, options) => {
    const { first, rest } = await calls.open("auditLog", "exportAuditLog", {
      request: () => ({ query: queryMessage(query), format: text("format", query.format) }),
      options,
    });
    return fileOf(first, rest);
  },

  verify: async ({ known } = {}, options) =>
    await calls
      .send("auditLog", "verifyAuditLog", {
        request: () => ({ known: known && fieldsOf(known, { sequence: whole64, hash: text }) }),
        repeatable: true,
        options,
      })
      .then(({ anchor, head, ...found }) => ({ ...found, anchor: sentPart(anchor), head: sentPart(head) })),
});

const queryMessage = (query: AuditLogQuery): QueryMessage => ({
  ...fieldsOf(query, {
    tenant: text,
    user: text,
    action: text,
    resourceType: text,
    resourceId: text,
    since: text,
    until: text,
  }),
  result: oneOf("result", query.result, auditResults),
  allTenants: flag("all_tenants", query.allTenants) ?? false,
});

const entryOf = ({ entryId: id, ...entry }: EntryMessage): AuditLogEntry =>
  nullsOf<AuditLogEntry>({ id, ...entry });
