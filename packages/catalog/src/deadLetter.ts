import type { CollectionId, DeadLetterId, DeadLetterOperation } from "@akidb/base";

/** What was to be done, by what it concerns: it is in the queue once, however often it fails. */
export interface DeadLetterSubject {
  readonly operation: DeadLetterOperation;
  readonly collectionId: CollectionId;
  /** Of the operation: a file of the log, a snapshot's id, a prefix of objects. */
  readonly key: string;
}

/** Work in the background that has failed. It holds nothing of what is to be stored: that is where it was. */
export interface StoredDeadLetter extends DeadLetterSubject {
  readonly id: DeadLetterId;
  /** Its name when it was noted; it may be gone since. */
  readonly collection: string;
  /** Those that were refused because the store was away do not count. */
  readonly attempts: number;
  readonly lastError: string;
  /** Milliseconds since 1970 UTC. */
  readonly firstFailedAtMs: number;
  readonly lastFailedAtMs: number;
}
