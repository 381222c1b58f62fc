import type { Clock } from "@akidb/base";
import { type Kernel, loadKernel, readKernelFiles } from "@akidb/kernel";
import type { CollectionShare } from "./collectionShare.ts";
import { SharedCollection } from "./sharedCollection.ts";

interface OpenShare {
  /** Undefined where this thread cannot open it. */
  readonly collection: SharedCollection | undefined;
  usedAtMs: number;
}

const sweepIntervalMs = 1_000;

/** What nobody has searched for so long gives its working space back. */
const unusedMsMax = 10_000;

/** Collections of another thread that this one has open to search them. */
export class SharedCollections {
  readonly #clock: Clock;
  /** By what is shared. */
  readonly #open = new Map<string, OpenShare>();
  #kernel: Kernel | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined where this thread cannot search it. */
  get(share: CollectionShare): SharedCollection | undefined {
    let open = this.#open.get(share.id);
    if (open === undefined) {
      open = { collection: this.#tryToOpen(share), usedAtMs: 0 };
      this.#open.set(share.id, open);
      this.#sweep ??= setInterval(() => this.#closeUnused(), sweepIntervalMs).unref();
    }
    open.usedAtMs = this.#clock.monotonicMs();
    return open.collection;
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const { collection } of this.#open.values()) collection?.[Symbol.dispose]();
    this.#open.clear();
  }

  #tryToOpen(share: CollectionShare): SharedCollection | undefined {
    try {
      this.#kernel ??= loadKernel(readKernelFiles());
      return new SharedCollection({ share, kernel: this.#kernel, clock: this.#clock });
    } catch {
      // Too many threads have it open, or its file is gone by now: the thread that writes it knows better.
      return undefined;
    }
  }

  /** What is not served any more takes memory, too. */
  #closeUnused(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { collection, usedAtMs }] of this.#open) {
      const isUseful = collection !== undefined && !collection.isEnded && nowMs - usedAtMs < unusedMsMax;
      if (isUseful) continue;
      collection?.[Symbol.dispose]();
      this.#open.delete(id);
    }
  }
}
