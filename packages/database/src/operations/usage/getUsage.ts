import type { OfTenant, Usage } from "@akidb/base";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { inChosenTenant } from "../../access/inChosenTenant.ts";
import { defineOperation } from "../../operation.ts";

export const getUsage = defineOperation<OfTenant, Usage>({
  name: "getUsage",
  permission: "tenant::read",
  resource: inChosenTenant,
  audited: "as_data",
  run: async (context, { tenant }) => {
    const tenantId = await chosenTenant(context, tenant);
    const { collections, databases, quotas, rates } = context;
    const { memoryBytes, storageBytes, requestsPerSecond } = await quotas.of(tenantId);
    const use = await collections.budgets.useOf(tenantId);
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
