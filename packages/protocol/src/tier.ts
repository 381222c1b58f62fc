import {
  type CollectionTier,
  type Tier,
  type TierAction,
  type TierChangeOptions,
  type TierMetrics,
  type TierUse,
  tierActions,
  tiers,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

const Timestamp = Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] });

export const TierName = stringEnum<Tier>(tiers, {
  description: "`hot`: in memory. `warm`: on the server's disk, closed. `cold`: in the object store alone.",
});

export const TierResource = Type.Object(
  {
    tier: TierName,
    pinned: Type.Boolean({ description: "Neither rules nor a want of memory make it colder." }),
    access_count: Type.Integer({ description: "Requests since `access_window_start`." }),
    access_window_start: Type.Union([Timestamp, Type.Null()], {
      description: "Of the hour in which requests are counted together; null before the first.",
    }),
    last_accessed_at: Type.Union([Timestamp, Type.Null()]),
    snapshot_id: Type.Union([Type.String({ format: "uuid" }), Type.Null()], {
      description:
        "What a cold collection consists of; of others, what they came back from for the time being, or are to consist of.",
    }),
  },
  { $id: "CollectionTier" },
);
export type TierResource = Static<typeof TierResource>;

export const ChangeTierBody = Type.Object(
  {
    action: stringEnum<TierAction>(tierActions, {
      description:
        "`promote_to_hot`: into memory, from wherever it is; it does not go back before the rules say so. `demote_to_warm`: out " +
        "of memory. `demote_to_cold`: into the object store alone; its tiering policy must let it. `pin`: it gets no colder by " +
        "itself. `unpin`: it does again.",
    }),
    wait: Type.Optional(
      Type.Boolean({
        description: "Whether to answer when it is done, instead of when it is begun. Default: true.",
      }),
    ),
  },
  { $id: "ChangeTier", additionalProperties: false, examples: [{ action: "pin" }] },
);
export type ChangeTierBody = Static<typeof ChangeTierBody>;

const TierUseResource = Type.Object({
  collection_count: Type.Integer(),
  memory_bytes: Type.Integer(),
  disk_bytes: Type.Integer({ description: "On the server's machine." }),
  object_bytes: Type.Integer({ description: "In the object store, of what cold collections consist of." }),
});

export const TierMetricsResource = Type.Object(
  { hot: TierUseResource, warm: TierUseResource, cold: TierUseResource },
  { $id: "TierMetrics", description: "The collections of a database by their tiers." },
);
export type TierMetricsResource = Static<typeof TierMetricsResource>;

export const changeTierToWire = (
  action: TierAction,
  { wait }: Pick<TierChangeOptions, "wait">,
): ChangeTierBody => definedFields<ChangeTierBody>({ action, wait });

export const tierToWire = (tier: CollectionTier): TierResource => ({
  tier: tier.tier,
  pinned: tier.pinned,
  access_count: tier.accessCount,
  access_window_start: tier.accessWindowStart,
  last_accessed_at: tier.lastAccessedAt,
  snapshot_id: tier.snapshotId,
});

export const tierFromWire = (resource: TierResource): CollectionTier => ({
  tier: resource.tier,
  pinned: resource.pinned,
  accessCount: resource.access_count,
  accessWindowStart: resource.access_window_start,
  lastAccessedAt: resource.last_accessed_at,
  snapshotId: resource.snapshot_id,
});

type TierUseResource = Static<typeof TierUseResource>;

const useToWire = (use: TierUse): TierUseResource => ({
  collection_count: use.collectionCount,
  memory_bytes: use.memoryBytes,
  disk_bytes: use.diskBytes,
  object_bytes: use.objectBytes,
});

const useFromWire = (resource: TierUseResource): TierUse => ({
  collectionCount: resource.collection_count,
  memoryBytes: resource.memory_bytes,
  diskBytes: resource.disk_bytes,
  objectBytes: resource.object_bytes,
});

export const tierMetricsToWire = ({ hot, warm, cold }: TierMetrics): TierMetricsResource => ({
  hot: useToWire(hot),
  warm: useToWire(warm),
  cold: useToWire(cold),
});

export const tierMetricsFromWire = ({ hot, warm, cold }: TierMetricsResource): TierMetrics => ({
  hot: useFromWire(hot),
  warm: useFromWire(warm),
  cold: useFromWire(cold),
});
