import type { Deadline } from "@akidb/base";

/**
 * Whole objects under keys, as S3 has them: an object appears at once and whole, or not at all, and is replaced, never
 * changed. Snapshots, archived log segments, backups and cold collections lie in one.
 *
 * Every method rejects with an `AkiDbError`:
 *
 * | code | when |
 * |---|---|
 * | `not_found` | no object has the key |
 * | `failed_precondition` | a condition (`ifMatch`, `ifNoneMatch`) does not hold, or the store lacks the bucket |
 * | `invalid_argument` | a key, a range, a size or a checksum that cannot be right |
 * | `permission_denied`, `unauthenticated` | the store refuses these credentials, or does not know them |
 * | `unavailable` | the store cannot be reached or has too much to do, after all retries; with `retryAfterMs` where it says |
 * | `deadline_exceeded` | the deadline passed |
 * | `internal` | a {@link DamagedObjectError}, or what the store should never answer |
 *
 * A change that ends with `unavailable` or `deadline_exceeded` may have happened or not: repeat it, or look. The methods
 * share no state between calls, so that a circuit breaker or a meter can stand before any store as one more
 * `ObjectStore`.
 */
export interface ObjectStore {
  /**
   * Stores an object, in place of one that has the key. Once it resolves, the object is durable and whole.
   *
   * @param body bytes, which must not change until the call ends, or a stream, which is read once, as fast as the
   *   store takes it, so that a chunk may be written over once the next one is asked for; whatever the stream throws is
   *   what the call rejects with
   */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<PutReceipt>;
  /** Begins to read an object; dispose of the reading, or read it to its end. */
  get(key: string, options?: GetOptions): Promise<ObjectReading>;
  head(key: string, options?: ObjectCallOptions): Promise<ObjectInfo>;
  /** One page of the objects whose keys begin with a prefix, by the order of their keys' UTF-8 bytes. */
  list(options?: ListOptions): Promise<ObjectPage>;
  /** An object that is not there is no error. */
  delete(key: string, options?: ObjectCallOptions): Promise<void>;
  /** Any number of objects; those of one failure do not hold up the others. @returns what could not be deleted */
  deleteMany(keys: readonly string[], options?: ObjectCallOptions): Promise<readonly DeleteFailure[]>;
  /**
   * One page of what puts have left that were cut off, by a crash or a lost answer: it takes room, and is no object. What this
   * process is putting is not among it; others' puts that are under way are.
   *
   * @param options of the prefix, those of which the store knows for which key they were, and all others
   */
  listUnfinished(options?: ListOptions): Promise<UnfinishedPage>;
  /** Whoever was putting it is refused then. One that is not there is no error. */
  removeUnfinished(put: UnfinishedPut, options?: ObjectCallOptions): Promise<void>;
  /** Gives back connections; calls that are under way may fail. */
  close(): Promise<void>;
}

export type ObjectBody = Uint8Array | AsyncIterable<Uint8Array>;

export interface ObjectCallOptions {
  readonly deadline?: Deadline;
}

export interface PutOptions extends ObjectCallOptions {
  /** Only if no object has the key. Of several at a time, one wins. */
  readonly ifNoneMatch?: "*";
  /** Only if the key's object is still the one with this etag. */
  readonly ifMatch?: string;
  /** Length of the body: with another one nothing is stored. */
  readonly sizeBytes?: number;
  /** CRC32C of the body: with another one nothing is stored. */
  readonly crc32c?: number;
}

export interface GetOptions extends ObjectCallOptions {
  /** A part of the object, at least one byte, which must lie within it. */
  readonly range?: ByteRange;
  /** Only if the object is still the one with this etag, so that several reads are of the same. */
  readonly ifMatch?: string;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ListOptions extends ObjectCallOptions {
  /** Any beginning of keys, not only up to a slash. */
  readonly prefix?: string;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  /** 1 to 1,000, which is the default. */
  readonly limit?: number;
}

export interface PutReceipt {
  readonly key: string;
  /** Of the whole object, also where a range is read. */
  readonly sizeBytes: number;
  /** Changes with every change of the content; what it looks like is the store's affair. */
  readonly etag: string;
}

export interface ObjectInfo extends PutReceipt {
  /** Milliseconds since 1970 UTC, by the store's clock. */
  readonly modifiedAtMs: number;
}

export interface ObjectPage {
  readonly objects: readonly ObjectInfo[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/** Of a put that was cut off. */
export interface UnfinishedPut {
  /** The store's own name for it. */
  readonly id: string;
  /** Undefined where the store does not know it. */
  readonly key: string | undefined;
  readonly sizeBytes: number;
  /** When the last of it came. */
  readonly modifiedAtMs: number;
}

export interface UnfinishedPage {
  readonly puts: readonly UnfinishedPut[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

export interface DeleteFailure {
  readonly key: string;
  readonly error: Error;
}

export interface ObjectReading extends AsyncDisposable {
  readonly info: ObjectInfo;
  /**
   * The bytes, once, at the reader's own pace. They count when the iteration has ended without an error: only then is
   * their number known to be right, and the checksum of a whole object verified. A range is verified where the store
   * keeps checksums of parts, as the folder does and S3 does not.
   */
  readonly body: AsyncIterable<Uint8Array>;
}
