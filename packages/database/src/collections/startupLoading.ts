import { collectionFileBytes, readClosedSummary } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { isLogArchived } from "../archive/logArchives.ts";
import type { CollectionTiers } from "../tiers/collectionTiers.ts";
import type { Promotions } from "../tiers/promotions.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import { inParallel } from "./inParallel.ts";
import type { OpenCollections } from "./openCollections.ts";

export interface StartupLoadingOptions {
  readonly open: OpenCollections;
  readonly directories: CollectionDirectories;
  readonly tiers: CollectionTiers;
  readonly promotions: Promotions;
  /** Aborted once everything is being closed. */
  readonly closing: AbortSignal;
}

/** What the files of collections say of them, before any is opened. */
interface Survey {
  /** Closed in order. */
  readonly known: readonly CollectionSlot[];
  /** Not closed in order, smallest first. */
  readonly unknown: readonly CollectionSlot[];
  /** In the object store, which alone tells what they are. */
  readonly undescribed: readonly CollectionSlot[];
}

/** Collections that open at the same time. */
const parallelOpenings = 4;

/** Collections whose files are looked at, at the same time. */
const parallelSurveys = 16;

/** The start's turn through all collections: each is loading until it is open, or known from its files. */
export class StartupLoading {
  readonly #options: StartupLoadingOptions;
  readonly #loading = new Set<CollectionSlot>();

  constructor(options: StartupLoadingOptions) {
    this.#options = options;
  }

  /** Of those that are served, how many nobody has opened or looked at since the start. */
  get count(): number {
    let count = 0;
    for (const { isRetired, isOpen, damage } of this.#loading)
      if (!isRetired && !isOpen && damage === undefined) count += 1;
    return count;
  }

  /**
   * Opens what was not closed in order, so that damage is found and no log waits for its replay, and of the others those
   * used last, as many as may be open; smallest first. Requests do not wait for their turn.
   */
  async load(slots: readonly CollectionSlot[]): Promise<void> {
    for (const slot of slots) this.#loading.add(slot);
    const { known, unknown, undescribed } = await this.#survey(slots);
    // Requests wait for it as little as for the collections themselves.
    void this.#describe(undescribed);
    await this.#openAll(unknown);
    const { open, tiers } = this.#options;
    const wanted = new Set(open.select(known.filter(({ record }) => tiers.of(record.id).tier === "hot")));
    for (const slot of known) {
      if (wanted.has(slot)) continue;
      this.#loading.delete(slot);
      tiers.note(slot.record.id, "warm");
    }
    await this.#openAll([...wanted].sort((a, b) => a.memoryBytes - b.memoryBytes));
  }

  async #survey(slots: readonly CollectionSlot[]): Promise<Survey> {
    const { directories, tiers, closing } = this.#options;
    const known: CollectionSlot[] = [];
    const undescribed: CollectionSlot[] = [];
    const unknown: { readonly slot: CollectionSlot; readonly bytes: number }[] = [];
    await inParallel(parallelSurveys, slots, async (slot) => {
      if (closing.aborted) return;
      const files = directories.filesOf(slot.record);
      const summary = await readClosedSummary(files);
      if (tiers.isCold(slot.record.id)) {
        if (summary !== undefined) slot.know(summary);
        else undescribed.push(slot);
        this.#loading.delete(slot);
      } else if (summary === undefined || (isLogArchived(slot.record) && !summary.isSettled)) {
        unknown.push({ slot, bytes: await collectionFileBytes(files) });
      } else {
        slot.know(summary);
        known.push(slot);
      }
    });
    unknown.sort((a, b) => a.bytes - b.bytes);
    return { known, unknown: unknown.map(({ slot }) => slot), undescribed };
  }

  async #describe(slots: readonly CollectionSlot[]): Promise<void> {
    const { promotions, closing } = this.#options;
    await inParallel(parallelOpenings, slots, async (slot) => {
      const summary = closing.aborted ? undefined : await promotions.describe(slot.record);
      if (summary !== undefined) slot.know(summary);
    });
  }

  async #openAll(slots: readonly CollectionSlot[]): Promise<void> {
    const { open, closing } = this.#options;
    await inParallel(parallelOpenings, slots, async (slot) => {
      if (closing.aborted) return;
      await slot.open();
      this.#loading.delete(slot);
      await open.closeSurplus();
    });
  }
}
