export const tiers = ["hot", "warm", "cold"] as const;

/** Where a collection is kept: in memory, on the machine's disk, or in the object store. */
export type Tier = (typeof tiers)[number];

export const tierActions = ["promote_to_hot", "demote_to_warm", "demote_to_cold", "pin", "unpin"] as const;

export type TierAction = (typeof tierActions)[number];

export interface CollectionTier {
  readonly tier: Tier;
  /** Neither rules nor a want of memory make it colder. */
  readonly pinned: boolean;
  /** Requests since `accessWindowStart`. */
  readonly accessCount: number;
  /** Null where nobody has used it yet. */
  readonly accessWindowStart: string | null;
  readonly lastAccessedAt: string | null;
  /** What it consists of while it is cold; otherwise what it came back from, as long as it may go there again. */
  readonly snapshotId: string | null;
}

export interface TierChangeOptions {
  /** Whether to resolve when it is done, instead of when it is begun; true if absent. */
  readonly wait?: boolean;
}

/** The collections of one tier. */
export interface TierUse {
  readonly collectionCount: number;
  readonly memoryBytes: number;
  /** On this machine. */
  readonly diskBytes: number;
  /** In the object store, of what cold collections consist of. */
  readonly objectBytes: number;
}

/** The collections of a database by their tiers. */
export type TierMetrics = Readonly<Record<Tier, TierUse>>;
