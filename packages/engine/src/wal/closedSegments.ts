import type { Clock } from "@akidb/base";
import type { Disk } from "../disk/disk.ts";

/** A segment that nothing is appended to any more; its records are durable. */
export interface ClosedSegment {
  /** Of its file, in the log's directory. */
  readonly name: string;
  readonly path: string;
  readonly firstLsn: number;
  /** The file may hold more behind it, which is void: writes that failed and were refused. */
  readonly lastLsn: number;
  /** Undefined where the header, which nothing needs any more, cannot be read. */
  readonly createdAtMs: number | undefined;
  readonly closedAtMs: number;
  readonly bytes: number;
}

export interface ClosedSegmentsOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly clock: Clock;
  /** How long a segment stays after it was closed, though nothing here needs it any more; absent: no longer than needed. */
  readonly retentionMs?: number;
  /**
   * Called once a segment is closed, and again for those of earlier runs at the first release, so it must bear being
   * asked twice. A segment goes only after this has resolved for it; where it rejects, it is asked again at the next
   * release.
   */
  readonly onSegmentClosed?: (segment: ClosedSegment) => Promise<void>;
}

/** The part of the log that only recovery and archives read: what may go, and when. */
export class ClosedSegments {
  readonly #options: ClosedSegmentsOptions;
  /** Oldest first, without gaps. */
  #segments: ClosedSegment[];
  readonly #handedOver = new Map<ClosedSegment, Promise<boolean>>();
  #releasing: Promise<void> = Promise.resolve();
  #retentionMs: number;

  constructor(options: ClosedSegmentsOptions, segments: readonly ClosedSegment[]) {
    this.#options = options;
    this.#retentionMs = options.retentionMs ?? 0;
    this.#segments = [...segments];
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get isArchived(): boolean {
    return this.#options.onSegmentClosed !== undefined;
  }

  /** As {@link ClosedSegmentsOptions.retentionMs}, from the next release on. */
  keepFor(retentionMs: number): void {
    this.#retentionMs = retentionMs;
  }

  add(segment: ClosedSegment): void {
    this.#segments.push(segment);
    void this.#handOver(segment);
  }

  /**
   * Hands over what no hook has taken yet: segments of earlier runs, and those for which it rejected.
   *
   * @returns whether it has taken all of them
   */
  async handOver(): Promise<boolean> {
    const taken = await Promise.all(this.#segments.map((segment) => this.#handOver(segment)));
    return taken.every(Boolean);
  }

  /** Removes segments, oldest first, up to the first that is needed, too young, or not handed over. */
  release(lsn: number): Promise<void> {
    this.#releasing = this.#releasing.catch(() => undefined).then(() => this.#release(lsn));
    return this.#releasing;
  }

  /** Resolves when nothing is being handed over or removed. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#releasing, ...this.#handedOver.values()]);
  }

  async #release(lsn: number): Promise<void> {
    const { disk, directory, clock } = this.#options;
    for (const segment of [...this.#segments]) if (!(await this.#handOver(segment))) break;
    for (;;) {
      const [oldest] = this.#segments;
      if (oldest === undefined || oldest.lastLsn > lsn) return;
      if (clock.nowMs() - oldest.closedAtMs < this.#retentionMs) return;
      if (!(await this.#handOver(oldest))) return;
      await removeIfThere(disk, oldest.path);
      this.#segments.shift();
      this.#handedOver.delete(oldest);
      // One after the other, so that no power cut leaves a gap between those that stay.
      await disk.syncDirectory(directory);
    }
  }

  #handOver(segment: ClosedSegment): Promise<boolean> {
    const begun = this.#handedOver.get(segment);
    if (begun !== undefined) return begun;
    const handing = this.#callHook(segment);
    this.#handedOver.set(segment, handing);
    return handing;
  }

  async #callHook(segment: ClosedSegment): Promise<boolean> {
    try {
      await this.#options.onSegmentClosed?.(segment);
      return true;
    } catch {
      this.#handedOver.delete(segment);
      return false;
    }
  }
}

/** An earlier attempt may have removed it and failed all the same. */
async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
