import type { Metric } from "@akidb/base";
import type { SegmentHandle } from "@akidb/kernel";

/** Rows of a collection from `firstRow` on. */
export interface SharedSegment {
  readonly handle: SegmentHandle;
  readonly firstRow: number;
}

/** All that a thread needs to search a collection by itself, for as long as the moment has not ended: made to be posted. */
export interface CollectionShare {
  /** Of no other that was shared. */
  readonly id: string;
  readonly dimension: number;
  readonly metric: Metric;
  /** Of queries that bring none. */
  readonly efSearch: number;
  /** Of a `SharedMoment`. */
  readonly moment: SharedArrayBuffer;
  readonly segments: readonly SharedSegment[];
  /** Of the working spaces of each: those before belong to builders and to who writes, which must not lack any. */
  readonly firstSlot: number;
  /** Of `RowTable`, chunk by chunk. */
  readonly rowKeys: readonly SharedArrayBuffer[];
  /** Path of the file of documents. */
  readonly documents: string;
}
