import type { Clock, TenantId } from "@akidb/base";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { OpenMemory } from "./memoryCeiling.ts";

/** Beyond it, collections that nobody uses are closed. */
export interface OpenBound {
  readonly collectionsMax: number;
  readonly memoryBytesMax: number;
}

export interface OpenCollectionsOptions {
  readonly clock: Clock;
  readonly openBound: OpenBound;
  readonly log: Log;
  /** What those that nobody uses may take together, with all others. */
  readonly idleBytesMax: () => number;
}

interface Giving {
  readonly missingBytes: () => number;
  readonly isWanted: (slot: CollectionSlot) => boolean;
  readonly evenIfTooLittle?: boolean;
}

/** Asking every open collection how much memory it takes is not worth it more often. */
const measureIntervalMs = 1_000;

/** Where those to be closed have something under way. */
const retryDelayMs = 1_000;

/** Keeps those open that were used last: of what is open beyond the bound, the least recently used is closed first. */
export class OpenCollections implements OpenMemory {
  readonly #options: OpenCollectionsOptions;
  /** With the memory that each took when it was measured. */
  readonly #memoryBytes = new Map<CollectionSlot, number>();
  #measuredAtMs = 0;
  #closing: Promise<void> | undefined;
  readonly #turns = new Lanes<"give back">();
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: OpenCollectionsOptions) {
    this.#options = options;
  }

  /** One that was opened. */
  add(slot: CollectionSlot): void {
    this.#memoryBytes.set(slot, slot.memoryBytes);
    void this.closeSurplus();
  }

  forget(slot: CollectionSlot): void {
    this.#memoryBytes.delete(slot);
  }

  /** Closes one for good, as {@link CollectionSlot.retire} does. */
  async retire(slot: CollectionSlot, options: { readonly hasNoFuture?: boolean } = {}): Promise<void> {
    try {
      await slot.retire(options);
    } finally {
      this.forget(slot);
    }
  }

  /** The same where other files take the place of its own, whether it can be closed or not. */
  async retireReplaced(slot: CollectionSlot): Promise<void> {
    await this.retire(slot).catch((cause: unknown) =>
      this.#options.log({ kind: "close_failed", collection: slot.record.name, cause }),
    );
  }

  /** Of those closed, the ones used last, as far as there is room for them. */
  select(closed: readonly CollectionSlot[]): readonly CollectionSlot[] {
    const { collectionsMax } = this.#options.openBound;
    const memoryBytesMax = this.#memoryBytesMax();
    let count = this.#memoryBytes.size;
    let bytes = this.#total();
    const selected: CollectionSlot[] = [];
    for (const slot of closed.toSorted((a, b) => b.lastUsedAtMs - a.lastUsedAtMs)) {
      bytes += slot.memoryBytes;
      count += 1;
      if (count > collectionsMax || bytes > memoryBytesMax) break;
      selected.push(slot);
    }
    return selected;
  }

  /** Resolves when no more are open than the bound allows, or all that are have something under way. */
  closeSurplus(): Promise<void> {
    if (this.#isClosed || (this.#closing === undefined && !this.#isCrowded())) return Promise.resolve();
    this.#closing ??= this.#closeSurplus().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  measure(): number {
    for (const slot of this.#memoryBytes.keys()) this.#memoryBytes.set(slot, slot.memoryBytes);
    this.#measuredAtMs = this.#options.clock.monotonicMs();
    return this.#total();
  }

  dropCaches(): void {
    for (const slot of this.#memoryBytes.keys()) slot.dropCache();
  }

  giveBack(missingBytes: () => number): Promise<void> {
    return this.#giveBack({ missingBytes, isWanted: () => true });
  }

  /** Of one tenant's alone. */
  ofTenant(tenantId: TenantId): OpenMemory {
    const isWanted = (slot: CollectionSlot): boolean => slot.tenantId === tenantId;
    const slots = () => [...this.#memoryBytes.keys()].filter(isWanted);
    return {
      measure: () => slots().reduce((sum, slot) => sum + slot.openBytes, 0),
      dropCaches: () => {
        for (const slot of slots()) slot.dropCache();
      },
      giveBack: (missingBytes, options) => this.#giveBack({ missingBytes, isWanted, ...options }),
    };
  }

  #giveBack({ missingBytes, isWanted, evenIfTooLittle = false }: Giving): Promise<void> {
    return this.#turns.run("give back", async () => {
      const idle = this.#oldestFirst().filter((slot) => slot.isIdle && isWanted(slot));
      const available = idle.reduce((sum, slot) => sum + slot.memoryBytes, 0);
      if (!evenIfTooLittle && missingBytes() > available) return;
      for (const slot of idle) {
        if (missingBytes() <= 0 || this.#isClosed) return;
        await this.#closeIdle(slot);
      }
    });
  }

  /** None is closed by itself any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    await this.#closing;
    await this.#turns.idle();
  }

  async #closeSurplus(): Promise<void> {
    const isStale = this.#options.clock.monotonicMs() >= this.#measuredAtMs + measureIntervalMs;
    if (isStale) this.measure();
    for (let closed = 1; closed > 0 && this.#isCrowded(); ) {
      closed = 0;
      for (const slot of this.#oldestFirst()) {
        if (!this.#isCrowded() || this.#isClosed) break;
        if (await this.#closeIdle(slot)) closed += 1;
      }
    }
    if (this.#isCrowded()) this.#retryLater();
  }

  #oldestFirst(): readonly CollectionSlot[] {
    const unpinned = [...this.#memoryBytes.keys()].filter((slot) => !slot.isPinned);
    return unpinned.sort((a, b) => a.lastUsedAtMs - b.lastUsedAtMs);
  }

  /** @returns whether it was closed, by whomever */
  async #closeIdle(slot: CollectionSlot): Promise<boolean> {
    if (slot.isOpen && !(await slot.closeIfIdle())) return false;
    // It may be open again by now.
    if (!slot.isOpen) this.#memoryBytes.delete(slot);
    return true;
  }

  #retryLater(): void {
    clearTimeout(this.#retryTimer);
    if (this.#isClosed) return;
    this.#retryTimer = setTimeout(() => void this.closeSurplus(), retryDelayMs);
    this.#retryTimer.unref();
  }

  /** One collection alone is never too large. */
  #isCrowded(): boolean {
    const count = this.#memoryBytes.size;
    if (count > this.#options.openBound.collectionsMax) return true;
    return count > 1 && this.#total() > this.#memoryBytesMax();
  }

  #memoryBytesMax(): number {
    const { openBound, idleBytesMax } = this.#options;
    return Math.min(openBound.memoryBytesMax, idleBytesMax());
  }

  #total(): number {
    let total = 0;
    for (const bytes of this.#memoryBytes.values()) total += bytes;
    return total;
  }
}
