import type { CallOptions } from "../callOptions.ts";
import type { Job } from "./jobs.ts";

/**
 * `orphan_directory`: files of a collection that the catalog does not know. `stale_file`: what a crash left of a file, a snapshot or a
 * collection in the making. `unwanted_generation`: files of a collection with vectors of another model, which no row of the
 * catalog wants, and nobody has written for a week; `unwanted_generation_log`: their archived log. `unnamed_log_objects`: of an
 * archived log, not in its manifest. `snapshot_without_manifest`: objects of a snapshot that was never whole, or is deleted.
 * `unfinished_upload`: parts of objects that were never completed, temporary files of a folder. `unknown_collection`: objects of a
 * collection that this server does not know; another server that uses the same bucket and prefix may.
 */
export const garbageKinds = [
  "orphan_directory",
  "stale_file",
  "unwanted_generation",
  "unwanted_generation_log",
  "unnamed_log_objects",
  "snapshot_without_manifest",
  "unfinished_upload",
  "unknown_collection",
] as const;

export type GarbageKind = (typeof garbageKinds)[number];

export interface GarbageItem {
  readonly kind: GarbageKind;
  /** Below the data directory, or the prefix of keys in the object store. */
  readonly name: string;
  readonly bytes: number;
  /** Files, objects, or uploads. */
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

/** Looks for garbage that go on as jobs: {@link Jobs.get} tells how far one is. */
export interface GarbageCollections {
  /**
   * Begins one, or joins the one that does the same. Rejects with `failed_precondition` while another one goes on.
   *
   * @returns the job
   */
  start(input?: CollectGarbageInput, options?: CallOptions): Promise<Job>;
  /** What one has found and removed until it ended or was cancelled. Rejects with `failed_precondition` while it goes on. */
  report(job: string, options?: CallOptions): Promise<GarbageReport>;
  /** Ends one between two removals, and resolves when it has ended. Rejects with `failed_precondition` where it had before. */
  cancel(job: string, options?: CallOptions): Promise<Job>;
}
