import type { CreateTenantInput, JsonObject, PageRequest, TenantInfo, UpdateTenantInput } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { Tenant, TenantServiceDefinition } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { emptyIsNull, nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";
import { jobMessage } from "./jobMessage.ts";

export const tenantService: ServiceHandles<typeof TenantServiceDefinition> = {
  createTenant: async ({ metadata, ...request }, session) => {
    const input = definedFields<CreateTenantInput>({
      ...request,
      metadata: metadata as JsonObject | undefined,
    });
    return tenantMessage(await runOperation(operations.createTenant, input, session));
  },
  listTenants: async (page, session) => {
    const input = definedFields<PageRequest>(page);
    const { items, nextCursor } = await runOperation(operations.listTenants, input, session);
    return { tenants: items.map(tenantMessage), nextCursor };
  },
  getTenant: async (reference, session) =>
    tenantMessage(await runOperation(operations.getTenant, reference, session)),
  updateTenant: async ({ tenant, externalId, metadata, status, ...request }, session) => {
    const changes = definedFields<UpdateTenantInput>({
      ...request,
      externalId: emptyIsNull(externalId),
      metadata: metadata as JsonObject | undefined,
      status: status as UpdateTenantInput["status"],
    });
    return tenantMessage(await runOperation(operations.updateTenant, { ...changes, tenant }, session));
  },
  deleteTenant: async (reference, session) =>
    jobMessage(await runOperation(operations.deleteTenant, reference, session)),
};

const tenantMessage = ({ id, ...info }: TenantInfo): Tenant => ({ ...nullsAbsent(info), tenantId: id });
