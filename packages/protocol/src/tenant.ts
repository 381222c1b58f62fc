import {
  type CreateTenantInput,
  type JsonObject,
  type Page,
  settableTenantStatuses,
  type TenantInfo,
  tenantStatuses,
  type UpdateTenantInput,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

const Metadata = Type.Unsafe<JsonObject>({
  additionalProperties: true,
  type: "object",
  description: "At most 64 KiB. Policies see its texts, numbers and booleans.",
  examples: [{ plan: "pro" }],
});

const ExternalId = Type.Union([Type.String(), Type.Null()], {
  description: "The tenant's name in somebody else's system: 1..255 characters, unique.",
});

const Name = Type.String({ description: "1..255 characters in one line.", examples: ["Acme Corp."] });

const quotaFields = {
  memory_quota_bytes: Type.Integer({ description: "Default: 32 GiB.", examples: [34_359_738_368] }),
  storage_quota_bytes: Type.Integer({ description: "Default: 1 TiB.", examples: [1_099_511_627_776] }),
  qps_quota: Type.Integer({ description: "Requests per second. Default: 200.", examples: [200] }),
};

const changeableFields = {
  external_id: Type.Optional(ExternalId),
  memory_quota_bytes: Type.Optional(quotaFields.memory_quota_bytes),
  storage_quota_bytes: Type.Optional(quotaFields.storage_quota_bytes),
  qps_quota: Type.Optional(quotaFields.qps_quota),
  metadata: Type.Optional(Metadata),
};

export const CreateTenantBody = Type.Object(
  {
    name: Name,
    slug: Type.Optional(
      Type.String({
        description:
          "Lower-case ASCII letters and digits, in groups joined by `-`; unique, and never changed. Default: made of the name.",
        examples: ["acme"],
      }),
    ),
    ...changeableFields,
  },
  { $id: "CreateTenant", additionalProperties: false, examples: [{ name: "Acme Corp.", slug: "acme" }] },
);
export type CreateTenantBody = Static<typeof CreateTenantBody>;

export const UpdateTenantBody = Type.Object(
  {
    name: Type.Optional(Name),
    status: Type.Optional(
      stringEnum(settableTenantStatuses, {
        description: "active ⇄ suspended → decommissioned, which is final.",
      }),
    ),
    ...changeableFields,
  },
  {
    $id: "UpdateTenant",
    additionalProperties: false,
    description: "What is absent stays as it is.",
    examples: [{ status: "suspended" }],
  },
);
export type UpdateTenantBody = Static<typeof UpdateTenantBody>;

export const TenantResource = Type.Object(
  {
    tenant_id: Type.String({ format: "uuid" }),
    external_id: ExternalId,
    name: Name,
    slug: Type.String({ examples: ["acme"] }),
    status: stringEnum(tenantStatuses, {
      description: "Whoever belongs to a tenant that is not active is refused.",
    }),
    ...quotaFields,
    metadata: Metadata,
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { $id: "Tenant" },
);
export type TenantResource = Static<typeof TenantResource>;

export const TenantList = Type.Object({
  tenants: Type.Array(TenantResource, { description: "In order of creation." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type TenantList = Static<typeof TenantList>;

export const TenantPath = Type.Object({
  tenant: Type.String({ description: "The tenant's id or slug.", examples: ["acme"] }),
});
export type TenantPath = Static<typeof TenantPath>;

type ChangeableInput = Omit<UpdateTenantInput, "name" | "status">;
type ChangeableBody = Omit<UpdateTenantBody, "name" | "status">;

const changeableFromWire = (body: ChangeableBody): ChangeableInput =>
  definedFields<ChangeableInput>({
    externalId: body.external_id,
    memoryQuotaBytes: body.memory_quota_bytes,
    storageQuotaBytes: body.storage_quota_bytes,
    qpsQuota: body.qps_quota,
    metadata: body.metadata,
  });

const changeableToWire = (input: ChangeableInput): ChangeableBody =>
  definedFields<ChangeableBody>({
    external_id: input.externalId,
    memory_quota_bytes: input.memoryQuotaBytes,
    storage_quota_bytes: input.storageQuotaBytes,
    qps_quota: input.qpsQuota,
    metadata: input.metadata,
  });

export const createTenantFromWire = (body: CreateTenantBody): CreateTenantInput =>
  definedFields<CreateTenantInput>({ name: body.name, slug: body.slug, ...changeableFromWire(body) });

export const createTenantToWire = (input: CreateTenantInput): CreateTenantBody =>
  definedFields<CreateTenantBody>({ name: input.name, slug: input.slug, ...changeableToWire(input) });

export const updateTenantFromWire = (body: UpdateTenantBody): UpdateTenantInput =>
  definedFields<UpdateTenantInput>({ name: body.name, status: body.status, ...changeableFromWire(body) });

export const updateTenantToWire = (input: UpdateTenantInput): UpdateTenantBody =>
  definedFields<UpdateTenantBody>({ name: input.name, status: input.status, ...changeableToWire(input) });

export const tenantToWire = (tenant: TenantInfo): TenantResource => ({
  tenant_id: tenant.id,
  external_id: tenant.externalId,
  name: tenant.name,
  slug: tenant.slug,
  status: tenant.status,
  memory_quota_bytes: tenant.memoryQuotaBytes,
  storage_quota_bytes: tenant.storageQuotaBytes,
  qps_quota: tenant.qpsQuota,
  metadata: tenant.metadata,
  created_at: tenant.createdAt,
  updated_at: tenant.updatedAt,
});

export const tenantFromWire = (resource: TenantResource): TenantInfo => ({
  id: resource.tenant_id,
  externalId: resource.external_id,
  name: resource.name,
  slug: resource.slug,
  status: resource.status,
  memoryQuotaBytes: resource.memory_quota_bytes,
  storageQuotaBytes: resource.storage_quota_bytes,
  qpsQuota: resource.qps_quota,
  metadata: resource.metadata,
  createdAt: resource.created_at,
  updatedAt: resource.updated_at,
});

export const tenantListToWire = ({ items, nextCursor }: Page<TenantInfo>): TenantList =>
  definedFields<TenantList>({ tenants: items.map(tenantToWire), next_cursor: nextCursor });

export const tenantListFromWire = ({ tenants, next_cursor }: TenantList): Page<TenantInfo> =>
  definedFields<Page<TenantInfo>>({ items: tenants.map(tenantFromWire), nextCursor: next_cursor });
