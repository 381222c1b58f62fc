import { limits } from "@akidb/base";
import { type CollectionMeter, unmeasured } from "../collection/collectionMeter.ts";
import type { ClosedSegment, ClosedSegments, ClosedSegmentsOptions } from "./closedSegments.ts";
import type { LogPositions } from "./logPositions.ts";
import { createSegment, type OpenSegment, type SegmentCreation, type UnsealedRecord } from "./openSegment.ts";
import { sealRecord } from "./recordFormat.ts";
import { segmentFileName, segmentHeaderBytes } from "./segmentHeader.ts";
import { WalFailure } from "./walFailure.ts";

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

export interface WalWriterOptions extends WalOptions, SegmentCreation, ClosedSegmentsOptions {
  /** Where replay ended. */
  readonly nextLsn: number;
  readonly segment: OpenSegment;
  /** The segments before. */
  readonly closed: ClosedSegments;
  /** Of the records that were replayed. */
  readonly positions: LogPositions;
  readonly meter?: CollectionMeter | undefined;
}

const reopenDelayMinMs = 100;
const reopenDelayMaxMs = 5_000;

/**
 * Appends records to the newest segment, group by group. One group at a time: its caller waits for the one before.
 *
 * After a failed write the log is cut back to what was there before, or, where the file can no longer be trusted, goes
 * on in a new file that begins behind the last LSN known durable and voids what the old one holds from there on.
 * Acknowledged records that were not known durable are kept in memory until they are, and written again. Until that
 * has succeeded, appends are refused; it is tried at once and then again and again.
 */
export class WalWriter {
  readonly #options: WalWriterOptions;
  #segment: OpenSegment;
  /** Acknowledged. */
  #writtenLsn: number;
  #durableLsn: number;
  /** The records from #durableLsn + 1 to #writtenLsn. */
  #unsynced: UnsealedRecord[] = [];
  #unsyncedBytes = 0;
  #failure: WalFailure | undefined;
  /** Appends, and what changes the file that is appended to, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #syncing: Promise<void> | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: WalWriterOptions) {
    this.#options = options;
    this.#segment = options.segment;
    this.#writtenLsn = options.nextLsn - 1;
    this.#durableLsn = this.#writtenLsn;
    if (options.sync === "interval") {
      this.#syncTimer = setInterval(() => void this.sync().catch(() => undefined), options.syncIntervalMs);
      this.#syncTimer.unref();
    }
  }

  /** On disk. */
  get bytes(): number {
    return this.#options.closed.bytes + this.#segment.position;
  }

  /** Bytes of all records that were replayed at the start or appended since, whether they are still there or not. */
  get loggedBytes(): number {
    return this.#options.positions.bytes;
  }

  /** The last one that was acknowledged. */
  get lastLsn(): number {
    return this.#writtenLsn;
  }

  /** Everything up to here survives a power cut. */
  get durableLsn(): number {
    return this.#durableLsn;
  }

  /** Why appends are refused at the moment; undefined where they are welcome. */
  get failure(): WalFailure | undefined {
    return this.#failure;
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

  /** Whether somebody takes closed segments before they may go: a release may wait for that. */
  get isArchived(): boolean {
    return this.#options.closed.isArchived;
  }

  /** As `retentionMs` of the options, from the next release on. */
  keepFor(retentionMs: number): void {
    this.#options.closed.keepFor(retentionMs);
  }

  /**
   * Resolves when the records are as durable as `sync` promises; they got the LSNs that end with `lastLsn`.
   *
   * @throws WalFailure none of them is in the log
   */
  append(records: readonly UnsealedRecord[]): Promise<void> {
    return this.#inTurn(() => this.#append(records));
  }

  /**
   * Resolves when everything up to `lastLsn`, as of the call, is durable, whatever `sync` promises.
   *
   * @throws WalFailure it is not known to be; what was acknowledged stays so, and the log is being reopened
   */
  async sync(): Promise<void> {
    const lsn = this.#writtenLsn;
    while (this.#durableLsn < lsn) {
      if (this.#failure !== undefined) throw this.#failure;
      const segment = this.#segment;
      try {
        await this.#syncOnce();
      } catch (error) {
        await this.#inTurn(() => this.#reopenAfter(error, segment));
      }
    }
  }

  /**
   * Completes the segment that is appended to, if it has any record, whatever its size, and hands over all that are
   * complete: an archive has everything then that was acknowledged before the call.
   *
   * @returns whether `onSegmentClosed` has resolved for all of them
   * @throws WalFailure the segment could not be completed
   */
  async handOver(): Promise<boolean> {
    await this.#inTurn(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#segment.position === segmentHeaderBytes) return;
      const segment = this.#segment;
      try {
        while (this.#durableLsn < this.#writtenLsn) await this.#syncOnce();
        await this.#beginSegment({ voidsTail: false });
      } catch (error) {
        await this.#reopenAfter(error, segment);
        throw new WalFailure(error, false);
      }
    });
    return await this.#options.closed.handOver();
  }

  /** @throws the operating system's error where records that were acknowledged could not be made durable */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#syncTimer);
    clearTimeout(this.#reopenTimer);
    try {
      await this.#inTurn(async () => {
        if (this.#failure === undefined || this.#unsynced.length === 0) return;
        await this.#reopen();
        this.#failure = undefined;
      });
      if (this.#failure === undefined) await this.sync();
      await this.#options.closed.idle();
    } finally {
      await this.#segment.file.close();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #append(records: readonly UnsealedRecord[]): Promise<void> {
    if (this.#failure !== undefined) throw new WalFailure(this.#failure.cause, false);
    const bytes = records.reduce((sum, { record }) => sum + record.length, 0);
    let isInFile = false;
    try {
      await this.#makeRoom(bytes);
      const { file, position, header } = this.#segment;
      const durableLsn = this.#durableLsn;
      for (const [index, { record, type, payloadBytes }] of records.entries()) {
        const lsn = this.#writtenLsn + 1 + index;
        sealRecord(record, { type, payloadBytes, lsn, durableLsn, salt: header.salt });
      }
      const parts = records.map(({ record }) => record);
      isInFile = true;
      await this.#timed("logWritten", () => file.write(parts, position));
      if (this.#options.sync === "always") await this.#syncFile();
    } catch (error) {
      await this.#reopenAfter(error, this.#segment);
      throw new WalFailure(error, isInFile && this.#failure !== undefined);
    }
    this.#acknowledge(records, bytes);
  }

  #acknowledge(records: readonly UnsealedRecord[], bytes: number): void {
    this.#segment.position += bytes;
    this.#writtenLsn += records.length;
    this.#options.positions.note(this.#writtenLsn, bytes);
    if (this.#options.sync === "always") {
      this.#durableLsn = this.#writtenLsn;
      this.#segment.durablePosition = this.#segment.position;
    } else {
      for (const record of records) this.#unsynced.push(record);
      this.#unsyncedBytes += bytes;
    }
  }

  /** For a group: in the segment, and in memory until it is durable. */
  async #makeRoom(bytes: number): Promise<void> {
    const isCrowded = this.#unsyncedBytes > 0 && this.#unsyncedBytes + bytes > limits.unsyncedLogBytesMax;
    const { position } = this.#segment;
    // A segment without records is never full: its successor would have its name.
    const isFull = position > segmentHeaderBytes && position >= this.#options.segmentBytesMax;
    if (isCrowded || isFull) while (this.#durableLsn < this.#writtenLsn) await this.#syncOnce();
    if (isFull) await this.#beginSegment({ voidsTail: false });
  }

  /** One at a time, beside appends. */
  #syncOnce(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #sync(): Promise<void> {
    const segment = this.#segment;
    const { position } = segment;
    const writtenLsn = this.#writtenLsn;
    await this.#syncFile();
    // Cutting the file back has synced it, too.
    if (writtenLsn <= this.#durableLsn) return;
    segment.durablePosition = position;
    for (const { record } of this.#unsynced.splice(0, writtenLsn - this.#durableLsn)) {
      this.#unsyncedBytes -= record.length;
    }
    this.#durableLsn = writtenLsn;
  }

  async #syncFile(): Promise<void> {
    const segment = this.#segment;
    try {
      await this.#timed("logSynced", () => segment.file.sync());
    } catch (error) {
      segment.isUsable = false;
      throw error;
    }
    if (!segment.isUsable) throw new Error("the log is being reopened");
  }

  /** What fails is not measured: it takes as long as the operating system likes. */
  async #timed(what: keyof CollectionMeter, work: () => Promise<void>): Promise<void> {
    const { clock, meter = unmeasured } = this.#options;
    const startMs = clock.monotonicMs();
    await work();
    meter[what](clock.monotonicMs() - startMs);
  }

  /**
   * In turn. Where it fails, {@link #failure} is set and it is tried again later.
   *
   * @param segment where the error was met: there may have been a new one since
   */
  async #reopenAfter(cause: unknown, segment: OpenSegment): Promise<void> {
    if (this.#failure !== undefined || segment !== this.#segment) return;
    try {
      await this.#reopen();
    } catch {
      this.#failure = new WalFailure(cause, true);
      this.#reopenLater(reopenDelayMinMs);
    }
  }

  #reopenLater(delayMs: number): void {
    if (this.#isClosing) return;
    this.#reopenTimer = setTimeout(() => {
      void this.#inTurn(async () => {
        if (this.#isClosing) return;
        try {
          await this.#reopen();
          this.#failure = undefined;
        } catch {
          this.#reopenLater(Math.min(delayMs * 2, reopenDelayMaxMs));
        }
      });
    }, delayMs);
    this.#reopenTimer.unref();
  }

  /** When it resolves, what was acknowledged is durable, and what was refused is gone for good. */
  async #reopen(): Promise<void> {
    if (this.#segment.isUsable && (await this.#cutBack())) return;
    await this.#beginSegment({ voidsTail: true });
  }

  /** Half a group may be behind the last record. */
  async #cutBack(): Promise<boolean> {
    const segment = this.#segment;
    try {
      await segment.file.truncate(segment.position);
      await this.#syncFile();
    } catch {
      segment.isUsable = false;
      return false;
    }
    segment.durablePosition = segment.position;
    this.#forgetUnsynced();
    return true;
  }

  /** Behind the last LSN known durable, with what was acknowledged since. */
  async #beginSegment({ voidsTail }: { readonly voidsTail: boolean }): Promise<void> {
    const before = this.#segment;
    const firstLsn = this.#durableLsn + 1;
    const takesItsPlace = firstLsn === before.header.firstLsn;
    // Its successor may get its name from here on, and then replay reads no further.
    before.isUsable = false;
    const next = await createSegment(this.#options, {
      firstLsn,
      supersedes: takesItsPlace ? before.header.supersedes : voidsTail,
      createdAfterMs: before.header.createdAtMs,
      records: this.#unsynced,
    });
    this.#segment = next;
    this.#forgetUnsynced();
    if (!takesItsPlace) this.#options.closed.add(this.#closedSegment(before, next));
    // Its last error, if any, is known.
    await before.file.close().catch(() => undefined);
  }

  #forgetUnsynced(): void {
    this.#unsynced = [];
    this.#unsyncedBytes = 0;
    this.#durableLsn = this.#writtenLsn;
  }

  #closedSegment(segment: OpenSegment, next: OpenSegment): ClosedSegment {
    const { firstLsn, createdAtMs } = segment.header;
    const name = segmentFileName(firstLsn);
    return {
      name,
      path: `${this.#options.directory}/${name}`,
      firstLsn,
      lastLsn: next.header.firstLsn - 1,
      createdAtMs,
      closedAtMs: next.header.createdAtMs,
      bytes: segment.durablePosition,
    };
  }
}
