import { type Clock, type CollectionId, type Deadline, type IdGenerator, unavailable } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import type { LogArchives } from "../archive/logArchives.ts";
import { Lanes } from "../lanes.ts";
import type { TenantBudgets } from "../quotas/tenantBudgets.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { OpenCollections } from "./openCollections.ts";
import type { ServedSlots } from "./servedSlots.ts";
import type { CollectionLease } from "./slotUsers.ts";

export interface HiddenGenerationsOptions {
  readonly slots: ServedSlots;
  readonly newSlot: (record: CollectionRecord) => CollectionSlot;
  readonly open: OpenCollections;
  readonly budgets: TenantBudgets;
  readonly directories: CollectionDirectories;
  readonly archives: LogArchives;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Aborted once everything is being closed. */
  readonly closing: AbortSignal;
}

/** Files of a collection that requests do not find, open until they are closed, or served. */
export interface HiddenGeneration {
  readonly slot: CollectionSlot;
  readonly collection: Collection;
  close(): Promise<void>;
}

/**
 * Slots that requests do not find: of files that are made to take a collection's place, and of those whose place was taken
 * while somebody used them. None is among the served ones, and each leaves this set once, to be served or closed.
 */
export class HiddenGenerations {
  readonly #options: HiddenGenerationsOptions;
  readonly #hidden = new Set<CollectionSlot>();
  /** Files that are being made, which a deletion waits for. */
  readonly #beginnings = new Lanes<CollectionId>();

  constructor(options: HiddenGenerationsOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): Iterator<CollectionSlot> {
    return this.#hidden.values();
  }

  /**
   * Files of another generation of a collection, begun where there are none. Nobody finds them until they are
   * {@link HiddenGenerations.serve served}.
   *
   * @param record as the collection would be by them
   * @throws AkiDbError as {@link CollectionSlot.acquire}
   */
  async open(record: CollectionRecord, deadline: Deadline): Promise<HiddenGeneration> {
    this.#options.closing.throwIfAborted();
    await this.#beginnings.run(record.id, () => this.#beginFiles(record));
    this.#requireThere(record);
    const slot = this.#options.newSlot(record);
    slot.isServed = false;
    this.#hidden.add(slot);
    let lease: CollectionLease | undefined;
    const close = async (): Promise<void> => {
      lease?.[Symbol.dispose]();
      await this.#retire(slot);
    };
    try {
      lease = await slot.acquire(deadline, { inMemory: true });
      if (lease === undefined) throw beingDeleted();
      return { slot, collection: lease.collection, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /**
   * Requests find the generation from now on, by this record. What they found before answers those that have begun.
   *
   * @returns a promise that resolves when nobody uses that any more, and it is closed
   */
  serve({ slot }: HiddenGeneration, record: CollectionRecord): Promise<void> {
    slot.become(record);
    slot.isServed = true;
    this.#hidden.delete(slot);
    const before = this.#options.slots.replace(slot);
    if (before === undefined) return Promise.resolve();
    this.#hidden.add(before);
    return before.unused().then(() => this.#retire(before));
  }

  /** Files that nobody uses any more, and their log in the object store. */
  async remove(record: CollectionRecord): Promise<void> {
    await this.removeFiles(record);
    if (record.tieringPolicy !== "memory") await this.#options.archives.removeLog(record);
  }

  /** The files alone. */
  async removeFiles(record: CollectionRecord): Promise<void> {
    const { directories, budgets } = this.#options;
    await directories.removeGeneration(record);
    budgets.ofDatabase(record.databaseId).storage.changed(record.id);
  }

  /** Whoever makes another generation of a collection that is deleted finds it closed, and gone. */
  async retireOf(id: CollectionId): Promise<void> {
    await this.#beginnings.run(id, async () => {});
    for (const slot of [...this.#hidden].filter(({ record }) => record.id === id)) {
      this.#hidden.delete(slot);
      await this.#options.open.retire(slot, { hasNoFuture: true }).catch(() => {});
    }
  }

  async #beginFiles(record: CollectionRecord): Promise<void> {
    const { directories, clock, ids } = this.#options;
    this.#requireThere(record);
    if (await directories.hasGeneration(record)) return;
    const directory = await directories.beginGeneration(record);
    await createCollectionFiles({ disk: nodeDisk, directory, collectionId: record.id, clock, ids });
    await directories.finishGeneration(record);
  }

  /** Its directory must not come back. */
  #requireThere({ id }: CollectionRecord): void {
    if (this.#options.slots.get(id) === undefined) throw beingDeleted();
  }

  async #retire(slot: CollectionSlot): Promise<void> {
    if (!this.#hidden.delete(slot)) return;
    await this.#options.open.retireReplaced(slot);
    this.#options.budgets.of(slot.tenantId).storage.changed(slot.record.id);
  }
}

const beingDeleted = () => unavailable("the collection is being deleted");
