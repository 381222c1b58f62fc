import type { CollectionId, FileDamage } from "@akidb/base";
import type { Disk } from "../disk/disk.ts";

/** What to verify, and whom to tell. */
export interface CollectionVerification {
  readonly disk: Disk;
  readonly directory: string;
  /** Where its snapshots are; `directory` if absent. */
  readonly snapshotsIn?: string;
  readonly collectionId: CollectionId;
  /** How commands call it. */
  readonly name: string;
  /** Its files are elsewhere, and nothing but snapshots of it is here that counts; false if absent. */
  readonly isAway?: boolean;
  /** Of a collection that is open: its files change meanwhile. */
  readonly isLive: boolean;
  readonly progress: VerificationProgress;
}

export interface VerificationProgress {
  /** Told as soon as it is known how much there is to read, and what has been read. */
  readonly onRead: (bytes: number) => void;
  readonly onFile: () => void;
}

/** A file that is damaged, before it is known what else there is in the collection. */
export interface FoundProblem {
  readonly file: string;
  readonly problem: string;
}

export interface CollectionFindings {
  readonly damages: readonly FileDamage[];
  /** Damaged files that earlier starts have put aside. */
  readonly putAside: readonly string[];
}
