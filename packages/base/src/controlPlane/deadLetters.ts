import type { CallOptions } from "../callOptions.ts";
import type { Page, PageRequest } from "../page.ts";

/** What could not be brought to the object store, or removed there, and is tried again by itself. For whoever runs the server. */
export interface DeadLetters {
  /** In the order of their noting. */
  list(page?: PageRequest, options?: CallOptions): Promise<Page<DeadLetter>>;
  /**
   * Tries all of a collection at once, whenever their next attempt would be; resolves when all were tried.
   *
   * @param collectionId of a collection that may be gone by now; rejects with `not_found` where nothing of it waits, and with
   *   `unavailable` while the store is away
   */
  retry(collectionId: string, options?: CallOptions): Promise<DeadLetterRetry>;
}

/**
 * `archive_log`: a file of a collection's log; `upload_snapshot`: a snapshot; `remove_objects`: all objects of a collection that
 * was deleted.
 */
export const deadLetterOperations = ["archive_log", "upload_snapshot", "remove_objects"] as const;

export type DeadLetterOperation = (typeof deadLetterOperations)[number];

/** It holds nothing of what is to be stored: that waits where it was. */
export interface DeadLetter {
  readonly id: string;
  readonly operation: DeadLetterOperation;
  readonly collectionId: string;
  /** Its name when it was noted; it may be gone since. */
  readonly collection: string;
  /** The log's file, the snapshot's id, or the prefix of the objects. */
  readonly key: string;
  /** Those that were refused because the store was away do not count. */
  readonly attempts: number;
  readonly lastError: string;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly nextAttemptAt: string;
}

export interface DeadLetterRetry {
  readonly retriedCount: number;
  /** Of those, how many are done, or are not needed any more. */
  readonly succeededCount: number;
}

/** What stands before a service that fails again and again: while it is not closed, the service is left alone. */
export interface CircuitBreakerInfo {
  readonly service: string;
  readonly state: "closed" | "open" | "half_open";
  /** Null while it is closed. */
  readonly reason: string | null;
}
