import { unavailable } from "@akidb/base";
import { objectLimits } from "./objectLimits.ts";
import type { ObjectBody, ObjectStore, PutOptions, PutReceipt } from "./objectStore.ts";
import { Slots } from "./slots.ts";

export interface ParallelUploadsOptions {
  readonly store: Pick<ObjectStore, "put">;
  /** Uploads at a time; 10 by default. */
  readonly inFlightMax?: number;
  /** Uploads that wait for their turn; 1,000 by default. */
  readonly waitingMax?: number;
}

/** Where objects are put, of which a store is one. */
export type ObjectSink = Pick<ObjectStore, "put">;

/**
 * Uploads from anywhere, a bounded number at a time. What an upload rejects with is its caller's to keep: the store has
 * tried again already.
 */
export class ParallelUploads implements ObjectSink {
  readonly #store: ObjectSink;
  readonly #slots: Slots;
  readonly #waitingMax: number;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor({ store, inFlightMax, waitingMax }: ParallelUploadsOptions) {
    this.#store = store;
    this.#slots = new Slots(inFlightMax ?? objectLimits.uploadsInFlightMax);
    this.#waitingMax = waitingMax ?? objectLimits.uploadsWaitingMax;
  }

  /** As the store's, and `unavailable` where too many wait already. */
  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<PutReceipt> {
    if (this.#slots.waitingCount >= this.#waitingMax) {
      throw unavailable(`${this.#waitingMax} uploads are waiting already`, { retryAfterMs: 1_000 });
    }
    const upload = this.#upload(key, body, options);
    this.#underWay.add(upload);
    try {
      return await upload;
    } finally {
      this.#underWay.delete(upload);
    }
  }

  async #upload(key: string, body: ObjectBody, options: PutOptions): Promise<PutReceipt> {
    using _slot = await this.#slots.take(options.deadline);
    return await this.#store.put(key, body, options);
  }

  /** Resolves when every upload begun so far has ended, well or not. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }
}
