import type { Deadline, DocumentId } from "@akidb/base";
import type { FullTextQuery } from "../fullText/fullTextQuery.ts";

export interface TextHits {
  readonly ids: readonly DocumentId[];
  /** BM25 of each: higher is better, and above zero. */
  readonly scores: Float64Array;
}

/** The texts of a file as of one LSN, until it is closed; searched away from the thread that serves, where it can be. */
export interface TextReading {
  readonly appliedLsn: number;
  /** Whether the index has all texts of the file: one of an older version, or a damaged one, is made behind the writes. */
  readonly isComplete: boolean;
  /**
   * Scores every document that matches. Once for a reading.
   *
   * @returns how many there are
   * @throws DamagedFileError; what the deadline throws
   */
  search(query: FullTextQuery, deadline: Pick<Deadline, "signal" | "check">): Promise<number>;
  /** Those that come next, best first, of equal ones the one written earlier; fewer where there are no more. */
  next(count: number): Promise<TextHits>;
  close(): void;
}
