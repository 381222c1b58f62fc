import { type CollectionId, type DatabaseId, notFound, parseId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { OpenCollections } from "./openCollections.ts";

export interface ServedSlotsOptions {
  readonly newSlot: (record: CollectionRecord) => CollectionSlot;
  readonly open: OpenCollections;
  /** Its files may be others now. */
  readonly onReopening: (slot: CollectionSlot) => void;
}

/** What requests find: one slot for each collection, by its id and by the name that its record has now. */
export class ServedSlots {
  readonly #options: ServedSlotsOptions;
  readonly #slots = new Map<CollectionId, CollectionSlot>();
  readonly #idsByName = new Map<string, CollectionId>();

  constructor(options: ServedSlotsOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): Iterator<CollectionSlot> {
    return this.#slots.values();
  }

  get(id: CollectionId): CollectionSlot | undefined {
    return this.#slots.get(id);
  }

  /** @throws AkiDbError `not_found` where it is gone */
  require({ id, name }: Pick<CollectionRecord, "id" | "name">): CollectionSlot {
    const slot = this.#slots.get(id);
    if (slot === undefined) throw notFound(`collection ${JSON.stringify(name)}`);
    return slot;
  }

  /** @throws AkiDbError `not_found`, also for a collection of another database */
  find(databaseId: DatabaseId, nameOrId: string): CollectionSlot {
    const id = parseId<"collection">(nameOrId) ?? this.#idsByName.get(nameKey(databaseId, nameOrId));
    const slot = id === undefined ? undefined : this.#slots.get(id);
    if (slot?.record.databaseId !== databaseId) throw notFound(`collection ${JSON.stringify(nameOrId)}`);
    return slot;
  }

  /** Requests find a collection from now on; it is not open yet. */
  admit(record: CollectionRecord): CollectionSlot {
    const slot = this.#options.newSlot(record);
    this.#slots.set(record.id, slot);
    this.#idsByName.set(nameKey(record.databaseId, record.name), record.id);
    return slot;
  }

  /** Nobody finds it any more. */
  dismiss({ record }: CollectionSlot): void {
    this.#slots.delete(record.id);
    this.#idsByName.delete(nameKey(record.databaseId, record.name));
  }

  /** Serves a collection by another record. */
  rename(slot: CollectionSlot, record: CollectionRecord): void {
    const before = slot.record;
    this.#idsByName.delete(nameKey(before.databaseId, before.name));
    this.#idsByName.set(nameKey(record.databaseId, record.name), record.id);
    slot.become(record);
  }

  /** @returns what requests found until now */
  replace(slot: CollectionSlot): CollectionSlot | undefined {
    const { id } = slot.record;
    const before = this.#slots.get(id);
    this.#slots.set(id, slot);
    return before;
  }

  /** Closes a collection, and opens it by its record when `between` is done; requests wait meanwhile. */
  async reopen(slot: CollectionSlot, between: () => Promise<void>): Promise<void> {
    const { open, onReopening } = this.#options;
    const closed = Promise.withResolvers<void>();
    const reopened = this.admit(slot.record).open(closed.promise);
    try {
      await open.retireReplaced(slot);
      await between();
    } finally {
      closed.resolve();
    }
    onReopening(slot);
    await reopened;
  }
}

const nameKey = (databaseId: DatabaseId, name: string): string => `${databaseId}/${name}`;
