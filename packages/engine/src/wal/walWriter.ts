import { assert, type CollectionId, type IdGenerator } from "@akidb/base";
import type { DiskFile } from "../disk/disk.ts";
import type { ClosedSegments, ClosedSegmentsOptions } from "./closedSegments.ts";
import type { LogPositions } from "./logPositions.ts";
import { type RecordType, sealRecord } from "./recordFormat.ts";
import { encodeSegmentHeader, makeSalt, segmentFileName, segmentHeaderBytes } from "./segmentHeader.ts";

export interface WalOptions {
  /**
   * When a write counts as done. `always`: after fdatasync, so it survives a power cut. `interval`: after the write,
   * synced every `syncIntervalMs`, so it survives a killed process, and a power cut but for the last interval.
   * `never`: after the write, and the operating system syncs when it likes.
   */
  readonly sync: "always" | "interval" | "never";
  readonly syncIntervalMs: number;
  /** A segment that has grown past this is completed and the next one begun. */
  readonly segmentBytesMax: number;
  /** How long segments stay that recovery no longer needs; absent: not at all. */
  readonly retentionMs?: number;
}

/** A record to append: made by `allocateRecord`, with its payload in place. */
export interface UnsealedRecord {
  readonly type: RecordType;
  readonly record: Uint8Array;
  readonly payloadBytes: number;
}

interface OpenSegment {
  readonly file: DiskFile;
  readonly firstLsn: number;
  readonly salt: number;
  readonly createdAtMs: number;
  position: number;
}

export interface WalWriterOptions extends WalOptions, ClosedSegmentsOptions {
  readonly directory: string;
  readonly collectionId: CollectionId;
  readonly ids: IdGenerator;
  /** Where replay ended; `segment` undefined begins a new one. */
  readonly nextLsn: number;
  readonly segment:
    | {
        readonly firstLsn: number;
        readonly salt: number;
        readonly createdAtMs: number;
        readonly validBytes: number;
      }
    | undefined;
  /** The segments before. */
  readonly closed: ClosedSegments;
  /** Of the records that were replayed. */
  readonly positions: LogPositions;
  /** The log failed outside of an append, in the interval's sync; no append succeeds any more. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Appends records to the newest segment, group by group. One group at a time: its caller waits for the one before.
 * After the first failure every append rejects, because what a failed write or fsync left on the device is unknown
 * (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020).
 */
export class WalWriter {
  readonly #options: WalWriterOptions;
  #segment: OpenSegment;
  #nextLsn: number;
  #writtenLsn: number;
  #durableLsn: number;
  #failure: { readonly error: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #syncInFlight: Promise<void> | undefined;

  private constructor(options: WalWriterOptions, segment: OpenSegment) {
    this.#options = options;
    this.#segment = segment;
    this.#nextLsn = options.nextLsn;
    this.#writtenLsn = options.nextLsn - 1;
    this.#durableLsn = this.#writtenLsn;
    if (options.sync === "interval") {
      this.#timer = setInterval(() => void this.#syncInBackground(), options.syncIntervalMs);
      this.#timer.unref();
    }
  }

  static async open(options: WalWriterOptions): Promise<WalWriter> {
    const segment =
      options.segment === undefined
        ? await createSegment(options, options.nextLsn)
        : await reopenSegment(options, options.segment);
    return new WalWriter(options, segment);
  }

  /** On disk. */
  get bytes(): number {
    return this.#options.closed.bytes + this.#segment.position;
  }

  get lastLsn(): number {
    return this.#writtenLsn;
  }

  /** Everything up to here survives a power cut. */
  get durableLsn(): number {
    return this.#durableLsn;
  }

  /** Bytes of the records behind an LSN, never less, and at most a quarter of a MiB and one append more. */
  bytesSince(lsn: number): number {
    return this.#options.positions.bytesSince(lsn);
  }

  /**
   * Records up to `lsn` are needed no more. Closed segments that hold nothing else go, once `retentionMs` has passed and
   * `onSegmentClosed` has resolved for them; those that stay are looked at again at the next call.
   */
  async release(lsn: number): Promise<void> {
    this.#options.positions.forgetBelow(lsn);
    await this.#options.closed.release(lsn);
  }

  /** Resolves when everything up to `lastLsn` is durable, whatever `sync` promises. */
  async sync(): Promise<void> {
    await this.#syncInFlight;
    if (this.#failure !== undefined) throw this.#failure.error;
    await this.#syncInBackground();
    if (this.#failure !== undefined) throw (this.#failure as { readonly error: unknown }).error;
  }

  /** Resolves when the records are as durable as `sync` promises; they got the LSNs that end with `lastLsn`. */
  async append(records: readonly UnsealedRecord[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      if (this.#segmentIsFull()) await this.#rotate();
      for (const { record, type, payloadBytes } of records) {
        const lsn = this.#nextLsn++;
        const { salt } = this.#segment;
        sealRecord(record, { type, payloadBytes, lsn, durableLsn: this.#durableLsn, salt });
      }
      const parts = records.map(({ record }) => record);
      await this.#segment.file.write(parts, this.#segment.position);
      const bytes = parts.reduce((sum, part) => sum + part.length, 0);
      this.#segment.position += bytes;
      this.#writtenLsn = this.#nextLsn - 1;
      this.#options.positions.note(this.#writtenLsn, bytes);
      if (this.#options.sync === "always") await this.#sync();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.#syncInFlight;
      await this.#options.closed.idle();
      if (this.#failure === undefined) await this.#sync();
    } finally {
      await this.#segment.file.close();
    }
  }

  async #sync(): Promise<void> {
    const writtenLsn = this.#writtenLsn;
    if (writtenLsn === this.#durableLsn) return;
    await this.#segment.file.sync();
    this.#durableLsn = Math.max(this.#durableLsn, writtenLsn);
  }

  #syncInBackground(): Promise<void> {
    this.#syncInFlight ??= this.#sync()
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#options.onFailure(error);
      })
      .finally(() => {
        this.#syncInFlight = undefined;
      });
    return this.#syncInFlight;
  }

  /** A segment without records is never full: its successor would have its name. */
  #segmentIsFull(): boolean {
    const { position } = this.#segment;
    return position > segmentHeaderBytes && position >= this.#options.segmentBytesMax;
  }

  async #rotate(): Promise<void> {
    await this.#syncInFlight;
    await this.#sync();
    const { file, firstLsn, createdAtMs, position } = this.#segment;
    await file.close();
    const { directory, closed } = this.#options;
    this.#segment = await createSegment(this.#options, this.#nextLsn);
    const name = segmentFileName(firstLsn);
    closed.add({
      name,
      path: `${directory}/${name}`,
      firstLsn,
      lastLsn: this.#nextLsn - 1,
      createdAtMs,
      closedAtMs: this.#segment.createdAtMs,
      bytes: position,
    });
  }
}

type SegmentCreation = Pick<WalWriterOptions, "disk" | "directory" | "collectionId" | "clock" | "ids">;

/** The segment's header and name are durable when this resolves. */
export async function createSegment(creation: SegmentCreation, firstLsn: number): Promise<OpenSegment> {
  const { disk, directory, collectionId, clock, ids } = creation;
  const salt = makeSalt(ids);
  const createdAtMs = clock.nowMs();
  const file = await disk.createFile(`${directory}/${segmentFileName(firstLsn)}`);
  try {
    const header = encodeSegmentHeader({ collectionId, firstLsn, createdAtMs, salt });
    await file.write([header], 0);
    await file.sync();
    await disk.syncDirectory(directory);
    return { file, firstLsn, salt, createdAtMs, position: segmentHeaderBytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function reopenSegment(
  { disk, directory }: WalWriterOptions,
  { firstLsn, salt, createdAtMs, validBytes }: NonNullable<WalWriterOptions["segment"]>,
): Promise<OpenSegment> {
  const file = await disk.openFile(`${directory}/${segmentFileName(firstLsn)}`);
  const size = await file.size();
  assert(size >= validBytes, "a segment does not shrink while it is replayed");
  // A torn tail must be gone for good before anything is written behind it.
  if (size > validBytes) await file.truncate(validBytes);
  // What replay read may still be in the page cache alone, after a crash of a process that did not sync.
  await file.sync();
  return { file, firstLsn, salt, createdAtMs, position: validBytes };
}
