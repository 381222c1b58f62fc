import type { CreateTenantInput, Page, PageRequest, TenantInfo, Tenants } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type { Tenant } from "@akidb/protocol/grpc";
import { name, object, struct, text, whole32, whole64 } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { fieldsOf, nullAsEmpty, nullsOf } from "../messageFields.ts";
import { jobOf } from "./grpcJobs.ts";

export const grpcTenants = (calls: GrpcCalls): Tenants => ({
  create: async (input, options) => {
    const tenant = await calls.send("tenants", "createTenant", {
      request: () => ({
        ...quotasOf(input),
        name: text("name", input.name),
        slug: text("slug", input.slug),
        externalId: text("external_id", input.externalId ?? undefined),
      }),
      repeatable: false,
      options,
    });
    return tenantOf(tenant);
  },

  list: async (page, options) => {
    const { tenants, nextCursor } = await calls.send("tenants", "listTenants", {
      request: () => pageOf(page),
      repeatable: true,
      options,
    });
    return definedFields<Page<TenantInfo>>({ items: tenants.map(tenantOf), nextCursor });
  },

  get: async (idOrSlug, options) => {
    const request = () => ({ tenant: name("tenant", idOrSlug) });
    return tenantOf(await calls.send("tenants", "getTenant", { request, repeatable: true, options }));
  },

  update: async (idOrSlug, changes, options) => {
    const tenant = await calls.send("tenants", "updateTenant", {
      request: () => ({
        ...quotasOf(changes),
        tenant: name("tenant", idOrSlug),
        name: text("name", changes.name),
        externalId: nullAsEmpty("external_id", changes.externalId, name),
        status: text("status", changes.status),
      }),
      repeatable: false,
      options,
    });
    return tenantOf(tenant);
  },

  delete: async (idOrSlug, options) => {
    const request = () => ({ tenant: name("tenant", idOrSlug) });
    return jobOf(await calls.send("tenants", "deleteTenant", { request, repeatable: false, options }));
  },
});

const quotasOf = (input: Partial<CreateTenantInput>) =>
  fieldsOf(input, {
    memoryQuotaBytes: whole64,
    storageQuotaBytes: whole64,
    qpsQuota: whole64,
    metadata: struct,
  });

export const pageOf = (page: PageRequest = {}) =>
  fieldsOf(object("", page), { limit: whole32, cursor: text });

const tenantOf = ({ tenantId: id, ...tenant }: Tenant): TenantInfo => nullsOf<TenantInfo>({ id, ...tenant });
