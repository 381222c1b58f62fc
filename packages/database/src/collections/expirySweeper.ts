import type { LiveCollections } from "./liveCollections.ts";

const tickMs = 1_000;

/** Batches of one collection before others have their turn. */
const batchesMax = 10;

/**
 * Removes documents that have expired, of one open collection after the other. No read shows them anyway, so it may be
 * late; those of a collection that is closed are removed when it is open again.
 */
export class ExpirySweeper {
  readonly #collections: Pick<LiveCollections, "records" | "borrow">;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(collections: Pick<LiveCollections, "records" | "borrow">) {
    this.#collections = collections;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = setInterval(() => void this.sweep(), tickMs);
    this.#timer.unref();
  }

  /** Begins no batch any more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Removes what has expired by now, some batches of each collection. Never rejects: what fails is tried again. */
  sweep(): Promise<void> {
    this.#running ??= this.#sweepAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #sweepAll(): Promise<void> {
    for (const record of this.#collections.records()) {
      using lease = this.#collections.borrow(record);
      if (lease === undefined) continue;
      try {
        let hasMore = true;
        for (let batch = 0; hasMore && batch < batchesMax && !this.#isStopped; batch++) {
          hasMore = await lease.collection.removeExpired();
        }
      } catch {
        // The collection is closing, or takes no writes for the moment.
      }
    }
  }
}
