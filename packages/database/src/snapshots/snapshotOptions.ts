import type { Compression } from "@akidb/engine";

export interface SnapshotOptions {
  /** Of the documents' file. */
  readonly compression: Compression;
  /** Of the schedule: from one snapshot to the next, of each collection that has changed; 0: not by time. */
  readonly intervalMs: number;
  /** A snapshot each time that the log of a collection has grown by so much; 0: not by growth. */
  readonly afterBytes: number;
  /** Scheduled snapshots of a collection that are kept. */
  readonly retainCount: number;
}
