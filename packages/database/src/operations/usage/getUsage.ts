import type { TenantId, Usage } from "@akidb/base";
import { defineOperation, type OperationContext } from "../../operation.ts";
import { findTenant } from "../../tenancy/findTenant.ts";

export interface GetUsageInput {
  /** The slug or id of a tenant; the caller's own if absent. */
  readonly tenant?: string;
}

export const getUsage = defineOperation<GetUsageInput, Usage>({
  name: "getUsage",
  permission: "tenant::read",
  resource: async (context, { tenant }) => ({ type: "tenant", id: await tenantOf(context, tenant) }),
  audited: "as_data",
  run: async (context, { tenant }) => {
    const tenantId = await tenantOf(context, tenant);
    const { collections, databases, quotas, rates } = context;
    const { memoryBytes, storageBytes, requestsPerSecond } = await quotas.of(tenantId);
    const use = await collections.useOfTenant(tenantId);
    return {
      tenantId,
      memory: { usedBytes: use.memoryBytes, quotaBytes: memoryBytes },
      storage: { usedBytes: use.storageBytes, quotaBytes: storageBytes },
      requests: { perSecond: rates.perSecond(tenantId), quotaPerSecond: requestsPerSecond },
      databaseCount: databases.ofTenant(tenantId).length,
      collectionCount: use.collectionCount,
      documentCount: use.documentCount,
    };
  },
});

/** Rejects with `not_found`, the same for a tenant that the caller may not know of. */
const tenantOf = async (context: OperationContext, reference: string | undefined): Promise<TenantId> =>
  reference === undefined ? context.principal.tenantId : (await findTenant(context, reference)).id;
