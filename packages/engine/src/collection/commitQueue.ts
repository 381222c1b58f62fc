import { limits, unavailable } from "@akidb/base";

/** A write on its way: it is decided, logged with others, applied, and then its caller learns. */
export interface Write {
  /** Roughly what it holds in memory and will write. */
  readonly bytes: number;
  readonly fail: (error: unknown) => void;
}

/**
 * Gathers writes from everyone into groups: while one group is being committed, the next collects, so that under load
 * many writers share one fdatasync (group commit; DeWitt et al., SIGMOD 1984). Bounded in bytes.
 */
export class CommitQueue<W extends Write> {
  readonly #commit: (group: readonly W[]) => Promise<void>;
  #waiting: W[] = [];
  #waitingBytes = 0;
  #draining: Promise<void> | undefined;

  /** @param commit settles every write of the group and never rejects; the next group waits for it */
  constructor(commit: (group: readonly W[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** @throws AkiDbError `unavailable` where too much is waiting already */
  push(write: W): void {
    if (this.#waitingBytes > 0 && this.#waitingBytes + write.bytes > limits.writeQueueBytesMax) {
      throw unavailable("too many writes are waiting for the log", { retryAfterMs: 1_000 });
    }
    this.#waiting.push(write);
    this.#waitingBytes += write.bytes;
    this.#draining ??= this.#drain();
  }

  /** Nothing is waiting, and nothing is being committed. */
  get isIdle(): boolean {
    return this.#draining === undefined;
  }

  /** Resolves when nothing is waiting. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // A turn of the event loop lets requests that arrived together share the first group.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commit(this.#takeGroup());
    this.#draining = undefined;
  }

  #takeGroup(): readonly W[] {
    let bytes = 0;
    const size = this.#waiting.findIndex((write, index) => {
      bytes += write.bytes;
      return index > 0 && bytes > limits.commitGroupBytesMax;
    });
    const group = this.#waiting.splice(0, size === -1 ? this.#waiting.length : size);
    for (const write of group) this.#waitingBytes -= write.bytes;
    return group;
  }
}
