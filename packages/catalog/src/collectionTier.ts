import type { CollectionId, Page, PageRequest, SnapshotId, Tier } from "@akidb/base";

export interface CollectionTierAttributes {
  readonly tier: Tier;
  /** It gets no colder by itself. */
  readonly pinned: boolean;
  /** Since `accessWindowStart`. */
  readonly accessCount: number;
  readonly accessWindowStart: string | null;
  readonly lastAccessedAt: string | null;
  /** What a cold collection consists of; otherwise what it is to be, or was last, while it may be so again. */
  readonly snapshotId: SnapshotId | null;
  /** What a warm collection consists of, below the data directory: at most 4,096 characters. */
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
