import type { AkiDb, Collection, CollectionTier } from "@akidb/base";
import type { CollectionTier as TierMessage } from "@akidb/protocol/grpc";
import { flag, text } from "./fields.ts";
import type { GrpcCalls } from "./grpcCalls.ts";
import { nullsOf } from "./messageFields.ts";
import { sentPart } from "./sentPart.ts";

/** Where a collection is kept. */
export const grpcTiers = (
  calls: GrpcCalls,
  collectionName: () => string,
): Pick<Collection, "getTier" | "changeTier"> => ({
  getTier: async (options) => {
    const request = () => ({ collection: collectionName() });
    return tierOf(await calls.send("tiers", "getTier", { request, repeatable: true, options }));
  },

  changeTier: async (action, { wait, ...options } = {}) => {
    const tier = await calls.send("tiers", "changeTier", {
      request: () => ({
        collection: collectionName(),
        action: text("action", action) ?? "",
        wait: flag("wait", wait),
      }),
      // Where the first one has done it, the second finds it so.
      repeatable: true,
      options,
    });
    return tierOf(tier);
  },
});

export const grpcTierMetrics =
  (calls: GrpcCalls): AkiDb["tierMetrics"] =>
  async (options) => {
    const call = { request: () => ({}), repeatable: true, options };
    const { hot, warm, cold } = await calls.send("tiers", "getTierMetrics", call);
    return { hot: sentPart(hot), warm: sentPart(warm), cold: sentPart(cold) };
  };

const tierOf = (message: TierMessage): CollectionTier => nullsOf<CollectionTier>(message);
