import type { CollectionId, ReembeddingId } from "@akidb/base";
import type { CollectionRecord } from "./collection.ts";

/** `flipped`: the collection is of the new generation. */
export const reembeddingStates = ["copying", "paused", "flipped", "cancelled"] as const;
export type ReembeddingState = (typeof reembeddingStates)[number];

/** What the vectors of a collection's generation are. */
export interface Generation {
  /** Of the collection's files; 0 are those that it was created with. */
  readonly generation: number;
  readonly dimension: number;
  /** Null for vectors that no model of ours has made, as far as is known. */
  readonly embeddingModel: string | null;
  readonly modelFingerprint: string | null;
}

export interface ReembeddingChanges {
  readonly state: ReembeddingState;
  /** Why it is paused; 1..10,000 characters. Null where somebody asked for it, and in other states. */
  readonly stateReason: string | null;
  /** Until when the generation of before stays, once it is flipped; null where it does not, or no more. */
  readonly keepUntil: string | null;
}

export interface ReembeddingRecord extends ReembeddingChanges {
  readonly id: ReembeddingId;
  readonly collectionId: CollectionId;
  readonly from: Generation;
  readonly to: Generation;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export interface NewReembedding {
  readonly collectionId: CollectionId;
  /** Of a generation that is there already, its own; another one that no re-embedding of the collection had if absent. */
  readonly to: Omit<Generation, "generation"> & { readonly generation?: number };
}

/** Collections that get, or got, other vectors for their texts: each a generation of files, of which one is served. */
export interface ReembeddingRepository {
  /** Rejects with `not_found` for the collection, `already_exists` where one of it goes on, and `invalid_argument`. */
  begin(input: NewReembedding): Promise<ReembeddingRecord>;
  /** Rejects with `not_found`. */
  get(id: ReembeddingId): Promise<ReembeddingRecord>;
  /** In the order of their beginning. */
  ofCollection(collectionId: CollectionId): Promise<readonly ReembeddingRecord[]>;
  /** Of all collections, in the order of their beginning. */
  all(): Promise<readonly ReembeddingRecord[]>;
  /** Rejects with `not_found` and `invalid_argument`. */
  update(id: ReembeddingId, changes: Partial<ReembeddingChanges>): Promise<ReembeddingRecord>;
  /**
   * Makes the new generation that of the collection, in one row with what its vectors are. Rejects with `not_found`, and with
   * `failed_precondition` unless it is copying, from what the collection is.
   */
  flip(id: ReembeddingId, keepUntil: string): Promise<CollectionRecord>;
}
