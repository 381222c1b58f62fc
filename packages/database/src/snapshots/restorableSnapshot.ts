import type { SnapshotManifest } from "@akidb/engine";

/** One whose manifest is whole; its files are checked when it is restored. */
export interface RestorableSnapshot {
  readonly directory: string;
  readonly manifest: SnapshotManifest;
}
