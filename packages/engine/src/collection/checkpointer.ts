import { type Clock, unavailable } from "@akidb/base";
import type { Checkpoint, Checkpoints } from "../checkpoint/checkpoints.ts";
import type { DocumentStore } from "../documents/documentStore.ts";
import { payloadFileName } from "../payload/stored/payloadFile.ts";
import type { WalWriter } from "../wal/walWriter.ts";
import type { AppliedState } from "./appliedState.ts";
import {
  type CheckpointPolicy,
  type CheckpointProgress,
  isCheckpointDue,
  isCheckpointDueAtClose,
} from "./checkpointPolicy.ts";
import { rowsImage } from "./rowsImage.ts";

/** After one that failed: the disk is full, say. */
const retryPauseMs = 60_000;

export interface CheckpointerOptions {
  readonly checkpoints: Checkpoints;
  readonly documents: DocumentStore;
  readonly wal: WalWriter;
  readonly clock: Clock;
  readonly policy: CheckpointPolicy;
  /** The state that writes are applied to now; it stays the same while a checkpoint is written. */
  readonly state: () => AppliedState;
  /** Whether the state is what the log says: what could not be applied must not be written down. */
  readonly isSound: () => boolean;
  /** One that nobody asked for failed, and will be tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** Who wants more of a checkpoint than that it is there. */
export interface CheckpointObserver {
  /** At the checkpoint's moment: nothing is applied to the state between its image and this call. */
  readonly onMoment: (state: AppliedState) => void;
  /** With the checkpoint's files in place, which stay until this resolves. */
  readonly onWritten: (checkpoint: Checkpoint) => Promise<void>;
}

/**
 * Writes checkpoints of a collection, one at a time, while writes and searches go on: when enough has happened, when
 * somebody asks, and at a clean end.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #writing: Promise<Checkpoint> | undefined;
  readonly #abort = new AbortController();
  /** Not before this time of the monotonic clock. */
  #nextMs = 0;
  #isClosing = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  /** The newest checkpoint, where it holds all that there is. */
  get current(): Checkpoint | undefined {
    const { newest } = this.#options.checkpoints;
    const { appliedLsn, index, payload } = this.#options.state();
    const isCurrent =
      newest?.lsn === appliedLsn &&
      newest.manifest.linkedCount === index.linkedCount &&
      (hasPayload(newest) || !payload.isUpToDate);
    return isCurrent ? newest : undefined;
  }

  /** Begins one if enough has happened since the last. */
  writeIfDue(): void {
    const { clock, policy, isSound, onFailure } = this.#options;
    if (this.isWriting || this.#isClosing || !isSound() || clock.monotonicMs() < this.#nextMs) return;
    if (isCheckpointDue(policy, this.#progress())) this.write().catch(onFailure);
  }

  /**
   * A checkpoint that holds everything applied before the call; the newest, where that holds it.
   *
   * @throws the disk's own error and others: all is as before then, and it will be tried again
   */
  async write(observer?: CheckpointObserver): Promise<Checkpoint> {
    while (this.#writing !== undefined) await this.#writing.catch(() => {});
    const { current } = this;
    if (current !== undefined && observer === undefined) return current;
    this.#writing = current === undefined ? this.#write(observer) : this.#observe(current, observer!);
    try {
      return await this.#writing;
    } finally {
      this.#writing = undefined;
      // Enough may have happened meanwhile.
      this.writeIfDue();
    }
  }

  /** Resolves when none is being written; another may have begun by the time that the caller goes on. */
  async idle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => {});
  }

  /**
   * Lets a checkpoint end that is being written, and writes a last one if it is worth it, as far as time allows. None is
   * begun any more.
   */
  async close({ isLastWritten }: { readonly isLastWritten: boolean }): Promise<void> {
    this.#isClosing = true;
    const { policy, isSound, onFailure } = this.#options;
    if (!isLastWritten) this.#stop();
    const timer = setTimeout(() => this.#stop(), policy.closeMsMax);
    try {
      await this.idle();
      const isWanted = isLastWritten && isSound() && !this.#abort.signal.aborted;
      if (isWanted && isCheckpointDueAtClose(policy, this.#progress())) await this.write();
    } catch (error) {
      // The next start has more of the log to replay.
      onFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #stop(): void {
    this.#abort.abort(unavailable("the collection is closing"));
  }

  #progress(): CheckpointProgress {
    const { checkpoints, wal, state } = this.#options;
    const { index, rows, payload } = state();
    const { newest } = checkpoints;
    const files = newest?.manifest.files ?? [];
    return {
      logBytes: wal.bytesSince(newest?.lsn ?? 0),
      rewrittenBytes: files.reduce((sum, { bytes, isSealed }) => sum + (isSealed ? 0 : bytes), 0),
      rowCount: rows.rowCount,
      tailCount: index.tailCount,
      linkedSince: index.linkedCount - (newest?.manifest.linkedCount ?? 0),
      isPayloadMissing: newest !== undefined && !hasPayload(newest) && payload.isUpToDate,
    };
  }

  async #observe(checkpoint: Checkpoint, { onMoment, onWritten }: CheckpointObserver): Promise<Checkpoint> {
    onMoment(this.#options.state());
    await onWritten(checkpoint);
    return checkpoint;
  }

  async #write(observer?: CheckpointObserver): Promise<Checkpoint> {
    const { checkpoints, documents, wal, clock, isSound, onFailure } = this.#options;
    const { signal } = this.#abort;
    const state = this.#options.state();
    // Searches of a state that compaction has replaced are not the only ones to keep it.
    using _hold = state.hold();
    try {
      signal.throwIfAborted();
      await state.index.pauseLinking();
      if (!isSound()) throw unavailable("the collection does not hold what its log says");
      // Indexes, rows and LSN of the same moment: nothing is awaited in between.
      using payload = state.payload.image();
      const image = {
        lsn: state.appliedLsn,
        index: state.index.image(),
        rows: rowsImage(state.rows),
        payload,
      };
      observer?.onMoment(state);
      const checkpoint = await checkpoints.write(image, {
        signal,
        settle: async () => {
          await documents.sync();
          await wal.sync();
        },
      });
      await observer?.onWritten(checkpoint);
      const released = wal.release(checkpoints.coveredLsn);
      // Whoever archives the log may wait for an object store that is slow or away: nobody here does.
      if (wal.isArchived) released.catch(onFailure);
      else await released;
      return checkpoint;
    } catch (error) {
      this.#nextMs = clock.monotonicMs() + retryPauseMs;
      throw error;
    } finally {
      state.index.resumeLinking();
    }
  }
}

const hasPayload = ({ manifest }: Checkpoint): boolean =>
  manifest.files.some(({ name }) => name === payloadFileName);
