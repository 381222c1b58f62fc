/**
 * `orphan_directory`: files of a collection that the catalog does not know. `stale_file`: what a crash left of a file or a snapshot in
 * the making. `unnamed_log_objects`: of an archived log, not in its manifest. `snapshot_without_manifest`: objects of a snapshot
 * that was never whole, or is deleted. `unknown_collection`: objects of a collection that this server does not know; another server
 * that uses the same bucket and prefix may.
 */
export const garbageKinds = [
  "orphan_directory",
  "stale_file",
  "unnamed_log_objects",
  "snapshot_without_manifest",
  "unknown_collection",
] as const;

export type GarbageKind = (typeof garbageKinds)[number];

export interface GarbageItem {
  readonly kind: GarbageKind;
  /** Below the data directory, or the prefix of keys in the object store. */
  readonly name: string;
  readonly bytes: number;
  /** Files or objects. */
  readonly count: number;
  /** Of the newest of them. */
  readonly modifiedAt: string;
  readonly isRemoved: boolean;
}

export interface GarbageReport {
  /** By kind and name. */
  readonly items: readonly GarbageItem[];
  readonly removedBytes: number;
  /** What could not be looked at, or removed, and why; all of it is left alone. */
  readonly problems: readonly string[];
}

export interface CollectGarbageInput {
  /** Only looks; true if absent. */
  readonly dryRun?: boolean;
  /** What was modified later is left alone: it may be in the making. At least 3,600, which spares what others are doing; 86,400 if absent. */
  readonly olderThanSeconds?: number;
  /** Removes objects of unknown collections, too: only where no other server uses the same bucket and prefix. False if absent. */
  readonly unknownCollections?: boolean;
}
