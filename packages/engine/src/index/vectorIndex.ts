import type { Deadline } from "@akidb/base";
import type { RowFilter, SearchEffort, SegmentStats } from "@akidb/kernel";
import type { SharedSegment } from "../sharing/collectionShare.ts";
import type { SharedMoment } from "../sharing/sharedMoment.ts";
import type { IndexImage } from "./indexImage.ts";

export interface IndexQuery {
  readonly k: number;
  /** Candidates that a walk through a graph keeps; an index without a graph has no use for it. */
  readonly ef?: number;
  /** Look at every row. */
  readonly exact?: boolean;
  /** Neither rank nor score by the vectors, only by their codes; an index without codes has no use for it. */
  readonly byCodes?: boolean;
  /** Speaks of published rows; not to be changed before the search is done. All rows are allowed if absent. */
  readonly filter?: RowFilter;
}

/** Of the published rows; an index without a graph has no nodes, and one with several segments counts them together. */
export interface IndexStats extends SegmentStats {
  /** Graphs that a search walks. */
  readonly segments: number;
}

export interface RankedRows {
  /** Best first; equally good ones in the order of their addition. */
  readonly rows: Uint32Array;
  /** Higher is better, of the same length. */
  readonly scores: Float64Array;
}

export interface SegmentEffort extends SearchEffort {
  /** Rows not in the graph yet, which were looked at one by one. */
  readonly tailRows: number;
}

export interface FoundRows extends RankedRows {
  /** What it took, of each segment; of an index without segments, of all rows. */
  readonly efforts: readonly SegmentEffort[];
}

/**
 * The vectors of a collection, by row: rows are numbered densely in the order of their addition, and never reused. One
 * thread writes. What it adds and removes is seen by searches from the next `publish` on, all at once.
 */
export interface VectorIndex {
  /** Rows that searches reach through a graph. */
  readonly linkedCount: number;
  /** Rows that a search looks at one by one although there is a graph. */
  readonly tailCount: number;
  /** Rows removed, of all rows. */
  readonly deadShare: number;
  /** Of the rows, dead ones included; reserved pages that were never written do not count. */
  readonly memoryBytes: number;

  /** Memory that `count` more rows will take, of what grows with them. */
  growthBytes(count: number): number;
  /**
   * Makes room for `count` more rows, so that as many additions cannot fail. To be called with everything published.
   *
   * @throws RangeError or AkiDbError `unavailable` where the machine has no memory left
   */
  reserve(count: number): void;
  /** @returns the row of the vector added */
  add(vector: Float32Array): number;
  /** @param row added before, and not removed yet */
  remove(row: number): void;
  publish(): void;
  /**
   * Finds the nearest of the rows that are alive at the call. Where it takes long, it leaves the calling thread to others
   * meanwhile: between slices, or altogether.
   *
   * @throws AkiDbError what the deadline throws; AssertionError where the filter does not fit the published rows
   */
  search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<FoundRows>;
  /** Reads the length of every node's lists: O(rows). */
  stats(): IndexStats;
  /** Of a row that is published. */
  isDead(row: number): boolean;
  /** A copy: bit per published row that is alive. */
  aliveRows(): Uint32Array;
  /** A copy of a row's vector, dead or alive; in `target`, where many are wanted one after the other. */
  vectorOf(row: number, target?: Float32Array): Float32Array;
  /** Resolves when nothing changes the graph any more, until {@link VectorIndex.resumeLinking}. */
  pauseLinking(): Promise<void>;
  /** Also after the image was written, or was not: doing it twice does no harm. */
  resumeLinking(): void;
  /** All that is published, as it is now. One at a time, with linking paused. */
  image(): IndexImage;
  /**
   * What other threads need to search it; undefined for an index that they cannot.
   *
   * @param moment is ended when that is not all of the index any more
   */
  share(moment: SharedMoment): readonly SharedSegment[] | undefined;
  /** Gives back what a thread took of what is shared, when that thread has failed. */
  releaseGuest(guestNumber: number): void;
  close(): Promise<void>;
}
