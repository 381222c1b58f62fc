import { assert, type Clock, type CollectionId, type IdGenerator } from "@akidb/base";
import type { Disk, DiskFile } from "../disk/disk.ts";
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
}

/** A record to append: made by `allocateRecord`, with its payload in place. */
export interface UnsealedRecord {
  readonly type: RecordType;
  readonly record: Uint8Array;
  readonly payloadBytes: number;
}

interface OpenSegment {
  readonly file: DiskFile;
  readonly salt: number;
  position: number;
}

export interface WalWriterOptions extends WalOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly collectionId: CollectionId;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Where replay ended; `segment` undefined begins a new one. */
  readonly nextLsn: number;
  readonly segment:
    | { readonly firstLsn: number; readonly salt: number; readonly validBytes: number }
    | undefined;
  /** Bytes of the segments before. */
  readonly closedBytes: number;
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
  #closedBytes: number;
  #failure: { readonly error: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #syncInFlight: Promise<void> | undefined;

  private constructor(options: WalWriterOptions, segment: OpenSegment) {
    this.#options = options;
    this.#segment = segment;
    this.#nextLsn = options.nextLsn;
    this.#writtenLsn = options.nextLsn - 1;
    this.#durableLsn = this.#writtenLsn;
    this.#closedBytes = options.closedBytes;
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

  get bytes(): number {
    return this.#closedBytes + this.#segment.position;
  }

  get lastLsn(): number {
    return this.#writtenLsn;
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
      this.#segment.position += parts.reduce((sum, part) => sum + part.length, 0);
      this.#writtenLsn = this.#nextLsn - 1;
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
      if (this.#failure === undefined) await this.#sync();
    } finally {
      await this.#segment.file.close();
    }
  }

  async #sync(): Promise<void> {
    const writtenLsn = this.#writtenLsn;
    if (writtenLsn === this.#durableLsn) return;
    await this.#segment.file.sync();
    this.#durableLsn = writtenLsn;
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
    await this.#segment.file.close();
    this.#closedBytes += this.#segment.position;
    this.#segment = await createSegment(this.#options, this.#nextLsn);
  }
}

type SegmentCreation = Pick<WalWriterOptions, "disk" | "directory" | "collectionId" | "clock" | "ids">;

/** The segment's header and name are durable when this resolves. */
export async function createSegment(creation: SegmentCreation, firstLsn: number): Promise<OpenSegment> {
  const { disk, directory, collectionId, clock, ids } = creation;
  const salt = makeSalt(ids);
  const file = await disk.createFile(`${directory}/${segmentFileName(firstLsn)}`);
  try {
    const header = encodeSegmentHeader({ collectionId, firstLsn, createdAtMs: clock.nowMs(), salt });
    await file.write([header], 0);
    await file.sync();
    await disk.syncDirectory(directory);
    return { file, salt, position: segmentHeaderBytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function reopenSegment(
  { disk, directory }: WalWriterOptions,
  { firstLsn, salt, validBytes }: NonNullable<WalWriterOptions["segment"]>,
): Promise<OpenSegment> {
  const file = await disk.openFile(`${directory}/${segmentFileName(firstLsn)}`);
  const size = await file.size();
  assert(size >= validBytes, "a segment does not shrink while it is replayed");
  // A torn tail must be gone for good before anything is written behind it.
  if (size > validBytes) await file.truncate(validBytes);
  // What replay read may still be in the page cache alone, after a crash of a process that did not sync.
  await file.sync();
  return { file, salt, position: validBytes };
}
