/** What a backup consists of, and how much of it had to be sent. */
export interface BackupReport {
  readonly id: string;
  /** When its catalog was as the backup has it; its collections are as they were then or up to the end of the backup. */
  readonly createdAt: string;
  readonly collectionCount: number;
  readonly documentCount: number;
  /** Of all that the backup consists of. */
  readonly totalBytes: number;
  readonly sentBytes: number;
}

/** A backup that is taken while the data is served. */
export interface Backup {
  readonly id: string;
  readonly state: "running" | "done" | "failed";
  readonly stateReason: string | null;
  /** Where to. */
  readonly to: string;
  /** Share of the work that is done, 0..1. */
  readonly progress: number;
  /** The collection that is copied now; null between two of them. */
  readonly collection: string | null;
  /** Of the files that are there by now, sent by this backup or by an earlier one. */
  readonly copiedBytes: number;
  readonly startedAt: string;
  /** Null until it is done. */
  readonly report: BackupReport | null;
}

export interface StartBackupOptions {
  /** `s3://bucket/prefix` or the path of a folder; the configured place if absent. */
  readonly to?: string;
  /** What shows a server that the caller may name another place: its data directory's secret. In-process none is needed. */
  readonly ownerProof?: string;
}
