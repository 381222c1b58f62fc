import {
  type AuditFormat,
  type AuditLogEntry,
  type AuditLogQuery,
  type AuditVerification,
  auditFormats,
  type Page,
  type PageRequest,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { PageQuery } from "./collection.ts";
import { definedFields } from "./definedFields.ts";
import { TenantName } from "./policies.ts";
import { stringEnum } from "./stringEnum.ts";

const results: readonly AuditLogEntry["result"][] = ["allowed", "denied"];

/** Longer than anything that an entry has. */
const valueCharactersMax = 1_024;

const text = (description: string, example: string) =>
  Type.Optional(Type.String({ description, maxLength: valueCharactersMax, examples: [example] }));

const queryFields = {
  tenant: Type.Optional(TenantName),
  all_tenants: Type.Optional(
    Type.Boolean({ description: "Of the whole server, for whoever runs it. Default: false." }),
  ),
  user: text("Id, or e-mail of one of the tenant's.", "ada@example.org"),
  action: text("", "collection::create"),
  result: Type.Optional(stringEnum(results)),
  resource_type: text("", "collection"),
  resource_id: text("An identifier, or the name that was given.", "books"),
  since: text("Inclusive; ISO 8601 with its zone.", "2026-01-31T09:30:00Z"),
  until: text("Exclusive.", "2026-02-01T00:00:00Z"),
};

export const AuditLogPageQuery = Type.Object(
  { ...queryFields, ...PageQuery.properties },
  { additionalProperties: false },
);
export type AuditLogPageQuery = Static<typeof AuditLogPageQuery>;

export const AuditExportQuery = Type.Object(
  {
    ...queryFields,
    format: Type.Optional(stringEnum(auditFormats, { description: "Default: jsonl." })),
  },
  { additionalProperties: false },
);
export type AuditExportQuery = Static<typeof AuditExportQuery>;

const orNull = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()]);
const Hash = Type.String({ description: "SHA-256, in hexadecimal." });

/** The names of the columns, as exports have them, too. */
export const AuditLogResource = Type.Object(
  {
    sequence: Type.Integer({ description: "Counts up over all tenants of the server, without a gap." }),
    audit_log_id: Type.String({ format: "uuid" }),
    created_at: Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] }),
    tenant_id: Type.String({ format: "uuid" }),
    user_id: orNull(Type.String({ format: "uuid" })),
    action: Type.String({ examples: ["collection::create"] }),
    resource_type: Type.String({ examples: ["collection"] }),
    resource_id: Type.String({ examples: ["books"] }),
    result: stringEnum(results),
    reason: orNull(Type.String()),
    metadata: Type.Record(Type.String(), Type.Unknown(), {
      description: "Request id, operation, route, prefix of the key.",
    }),
    ip_address: orNull(Type.String()),
    user_agent: orNull(Type.String()),
    user_hash: orNull(Hash),
    previous_hash: Hash,
    entry_hash: Hash,
  },
  { $id: "AuditLogEntry" },
);
export type AuditLogResource = Static<typeof AuditLogResource>;

export const AuditLogList = Type.Object({
  audit_logs: Type.Array(AuditLogResource, { description: "The newest first." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type AuditLogList = Static<typeof AuditLogList>;

const Position = Type.Object(
  {
    sequence: Type.Integer({ minimum: 0 }),
    hash: Type.String({ pattern: "^[0-9a-f]{64}$", examples: ["0".repeat(64)] }),
  },
  { additionalProperties: false },
);

export const VerifyAuditLogBody = Type.Object(
  { known: Type.Optional(Position) },
  { $id: "VerifyAuditLog", additionalProperties: false, examples: [{}] },
);
export type VerifyAuditLogBody = Static<typeof VerifyAuditLogBody>;

export const AuditVerificationResource = Type.Object(
  {
    entry_count: Type.Integer(),
    anchor: Position,
    head: Position,
    problem_count: Type.Integer(),
    problems: Type.Array(
      Type.Object({ sequence: Type.Integer(), problem: Type.String({ examples: ["has been changed"] }) }),
      { description: "The first of them." },
    ),
  },
  { $id: "AuditVerification" },
);
export type AuditVerificationResource = Static<typeof AuditVerificationResource>;

export const AuditFile = Type.Unsafe<Uint8Array>(
  Type.String({ format: "binary", description: "Lines of JSON, or CSV with a header (RFC 4180)." }),
);

export const auditExportContentTypes: Readonly<Record<AuditFormat, string>> = {
  jsonl: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
};

export const auditLogQueryFromWire = ({
  all_tenants,
  resource_type,
  resource_id,
  ...query
}: AuditLogPageQuery): AuditLogQuery & PageRequest =>
  definedFields<AuditLogQuery & PageRequest>({
    ...query,
    allTenants: all_tenants,
    resourceType: resource_type,
    resourceId: resource_id,
  });

/** The fields of a query string. */
export const auditLogQueryToWire = ({
  allTenants,
  resourceType,
  resourceId,
  ...query
}: AuditLogQuery & PageRequest & { readonly format?: AuditFormat }) => ({
  ...query,
  all_tenants: allTenants,
  resource_type: resourceType,
  resource_id: resourceId,
});

export const auditLogEntryToWire = (entry: AuditLogEntry): AuditLogResource => ({
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
  metadata: { ...entry.metadata },
  ip_address: entry.ipAddress,
  user_agent: entry.userAgent,
  user_hash: entry.userHash,
  previous_hash: entry.previousHash,
  entry_hash: entry.hash,
});

const auditLogEntryFromWire = (resource: AuditLogResource): AuditLogEntry => ({
  id: resource.audit_log_id,
  sequence: resource.sequence,
  createdAt: resource.created_at,
  tenantId: resource.tenant_id,
  userId: resource.user_id,
  userHash: resource.user_hash,
  action: resource.action,
  resourceType: resource.resource_type,
  resourceId: resource.resource_id,
  result: resource.result,
  reason: resource.reason,
  metadata: resource.metadata,
  ipAddress: resource.ip_address,
  userAgent: resource.user_agent,
  previousHash: resource.previous_hash,
  hash: resource.entry_hash,
});

export const auditLogListToWire = (page: Page<AuditLogEntry>): AuditLogList =>
  definedFields<AuditLogList>({
    audit_logs: page.items.map(auditLogEntryToWire),
    next_cursor: page.nextCursor,
  });

export const auditLogListFromWire = (list: AuditLogList): Page<AuditLogEntry> =>
  definedFields<Page<AuditLogEntry>>({
    items: list.audit_logs.map(auditLogEntryFromWire),
    nextCursor: list.next_cursor,
  });

export const auditVerificationToWire = (verification: AuditVerification): AuditVerificationResource => ({
  entry_count: verification.entryCount,
  anchor: verification.anchor,
  head: verification.head,
  problem_count: verification.problemCount,
  problems: verification.problems.map(({ sequence, problem }) => ({ sequence, problem })),
});

export const auditVerificationFromWire = (resource: AuditVerificationResource): AuditVerification => ({
  entryCount: resource.entry_count,
  anchor: resource.anchor,
  head: resource.head,
  problemCount: resource.problem_count,
  problems: resource.problems,
});
