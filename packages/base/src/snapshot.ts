import type { SnapshotLocation } from "./snapshotLocation.ts";
import type { SnapshotOrigin } from "./snapshotOrigin.ts";

export interface SnapshotInfo {
  readonly id: string;
  readonly collectionId: string;
  /**
   * `creating`: not to be restored yet. `failed`: it could not be made, and is forgotten with the next one. `damaged`: a
   * file of it is missing or not what was written.
   */
  readonly state: "creating" | "ready" | "failed" | "damaged";
  readonly stateReason: string | null;
  /** Null where the snapshot is too damaged to tell. */
  readonly origin: SnapshotOrigin | null;
  readonly location: SnapshotLocation;
  /** Share of the documents written, 0..1, while it is created. */
  readonly progress: number | null;
  readonly createdAt: string;
  /** Every write up to this one of the collection's log is in it, and none after. Null until that is decided. */
  readonly lsn: number | null;
  readonly documentCount: number | null;
  /** Of its files; parts that it shares with the collection take no room of their own. */
  readonly sizeBytes: number | null;
}

export interface SnapshotList {
  /** Oldest first; those in creation are among them. */
  readonly items: readonly SnapshotInfo[];
  /**
   * Why the object store could not be asked; null where it was, or the collection keeps nothing there. Those on the machine
   * are listed all the same, as if they were nowhere else.
   */
  readonly objectStoreProblem: string | null;
}

export interface SnapshotDownload {
  readonly sizeBytes: number;
  readonly body: ReadableStream<Uint8Array>;
}

export interface RestoreOptions {
  /** Name of a new collection. */
  readonly into?: string;
  /** What came behind the snapshot, too, up to this LSN of the collection's log, which is included. */
  readonly untilLsn?: number;
  /**
   * What came behind the snapshot, too, up to this time, which is included; ISO 8601 with its zone. Not together with
   * `untilLsn`.
   */
  readonly untilTime?: string;
}
