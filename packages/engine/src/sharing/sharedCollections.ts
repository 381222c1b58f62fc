import type { Clock } from "@akidb/base";
import { type Kernel, loadKernel, readKernelFiles } from "@akidb/kernel";
import type { CollectionShare } from "./collectionShare.ts";
import { SharedCollection } from "./sharedCollection.ts";
import { SharedMoment } from "./sharedMoment.ts";

export interface SharedCollectionsParts {
  readonly clock: Clock;
  /** This thread's, as `Collection.releaseGuest` knows it. */
  readonly guestNumber: number;
  /** For documents read lately, of all collections together; 32 MiB if absent. */
  readonly cacheBytesMax?: number;
}

interface OfferedShare {
  readonly share: CollectionShare;
  /** Undefined before it is first searched. */
  collection: SharedCollection | undefined;
  /** This thread could not open it, and does not try again before it is offered anew. */
  hasFailed: boolean;
  usedAtMs: number;
}

const sweepIntervalMs = 1_000;

/** What nobody has searched for so long gives its working space back. */
const unusedMsMax = 10_000;

/** No ceiling counts what threads keep: it has to be little, however many collections they search. */
const cacheBytesMaxDefault = 32 * 1024 * 1024;

/**
 * Collections of another thread that this one may search. Nobody else keeps what is shared: as long as it is known here, its
 * memory stays, also where the collection itself is gone.
 */
export class SharedCollections {
  readonly #clock: Clock;
  readonly #guestNumber: number;
  readonly #cacheBytesMax: number;
  /** By what is shared. */
  readonly #offered = new Map<string, OfferedShare>();
  #kernel: Kernel | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor({ clock, guestNumber, cacheBytesMax = cacheBytesMaxDefault }: SharedCollectionsParts) {
    this.#clock = clock;
    this.#guestNumber = guestNumber;
    this.#cacheBytesMax = cacheBytesMax;
  }

  /** It can be searched from now on, until nobody does for some time, or it is not served any more. */
  offer(share: CollectionShare): void {
    if (this.#offered.has(share.id)) return;
    const usedAtMs = this.#clock.monotonicMs();
    this.#offered.set(share.id, { share, collection: undefined, hasFailed: false, usedAtMs });
    this.#sweep ??= setInterval(() => this.#dropUnused(), sweepIntervalMs).unref();
  }

  /** Undefined where it is to be offered again, and where this thread cannot search it. */
  get(id: string): SharedCollection | undefined {
    const offered = this.#offered.get(id);
    if (offered === undefined || offered.hasFailed) return undefined;
    offered.usedAtMs = this.#clock.monotonicMs();
    if (offered.collection === undefined) {
      offered.collection = this.#tryToOpen(offered.share);
      offered.hasFailed = offered.collection === undefined;
      this.#divideCache();
    }
    return offered.collection;
  }

  /** What documents take that are kept. */
  get cacheBytes(): number {
    return this.#open().reduce((sum, { cacheBytes }) => sum + cacheBytes, 0);
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const { collection } of this.#offered.values()) collection?.[Symbol.dispose]();
    this.#offered.clear();
  }

  #tryToOpen(share: CollectionShare): SharedCollection | undefined {
    // Its files may be on their way out: to open them would make new ones beside.
    if (isEnded(share)) return undefined;
    try {
      this.#kernel ??= loadKernel(readKernelFiles());
      const parts = { kernel: this.#kernel, clock: this.#clock, guestNumber: this.#guestNumber };
      return new SharedCollection({ ...parts, share, cacheBytesMax: 0 });
    } catch {
      // Too many threads have it open, or its file is gone by now: the thread that writes it knows better.
      return undefined;
    }
  }

  #open(): readonly SharedCollection[] {
    return [...this.#offered.values()].flatMap(({ collection }) => collection ?? []);
  }

  /** The same to each that is open, and all of it while one is alone: few are, for what is not used is closed. */
  #divideCache(): void {
    const open = this.#open();
    for (const collection of open) collection.cacheBytesMax = this.#cacheBytesMax / open.length;
  }

  #dropUnused(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { share, collection, hasFailed, usedAtMs }] of this.#offered) {
      if (!hasFailed && !isEnded(share) && nowMs - usedAtMs < unusedMsMax) continue;
      collection?.[Symbol.dispose]();
      this.#offered.delete(id);
    }
    this.#divideCache();
  }
}

const isEnded = ({ moment }: CollectionShare): boolean => new SharedMoment(moment).isEnded;
