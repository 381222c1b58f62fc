import type { CollectionTier, TierAction } from "@akidb/base";
import { operations } from "@akidb/database";
import type { CollectionTier as TierMessage, TierServiceDefinition } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";

export const tierService: ServiceHandles<typeof TierServiceDefinition> = {
  getTier: async (reference, session) =>
    tierMessage(await runOperation(operations.getTier, reference, session)),
  changeTier: async ({ collection, action, wait }, session) => {
    const input = { collection, action: action as TierAction, ...(wait !== undefined && { wait }) };
    return tierMessage(await runOperation(operations.changeTier, input, session));
  },
  getTierMetrics: async (_request, session) => await runOperation(operations.getTierMetrics, {}, session),
};

const tierMessage = (tier: CollectionTier): TierMessage => nullsAbsent(tier);
