import type { Segment } from "@akidb/kernel";

/** A segment at the moment when an exact search begins. */
export interface SegmentSnapshot {
  readonly segment: Segment;
  /** Row of the collection that is the segment's row 0. */
  readonly firstRow: number;
  /** Bit per row: published, alive and allowed. A copy, which nothing changes. */
  readonly candidates: Uint32Array<ArrayBuffer>;
}
