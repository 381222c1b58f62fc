import type { CollectionId, Page, PageRequest, SnapshotId } from "@akidb/base";

export const tiers = ["hot", "warm", "cold"] as const;

export type Tier = (typeof tiers)[number];

export interface CollectionTierAttributes {
  readonly tier: Tier;
  /** Whatever its use, it stays in its tier. */
  readonly pinned: boolean;
  /** Since `accessWindowStart`. */
  readonly accessCount: number;
  readonly accessWindowStart: string | null;
  readonly lastAccessedAt: string | null;
  /** What a cold collection consists of. */
  readonly snapshotId: SnapshotId | null;
  /** What a warm collection consists of: at most 4,096 characters. */
  readonly warmPath: string | null;
}

export interface CollectionTierRecord extends CollectionTierAttributes {
  readonly collectionId: CollectionId;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

/** Where each collection is kept: every collection has a record, and begins hot. */
export interface CollectionTierRepository {
  /** Rejects with `not_found`. */
  get(collectionId: CollectionId): Promise<CollectionTierRecord>;
  /** In order of creation of the collections. */
  list(page?: PageRequest & { readonly tier?: Tier }): Promise<Page<CollectionTierRecord>>;
  /** Changes what is given. Rejects with `not_found` and `invalid_argument`. */
  update(
    collectionId: CollectionId,
    changes: Partial<CollectionTierAttributes>,
  ): Promise<CollectionTierRecord>;
}
