import type { Clock, CollectionId, DatabaseId, TenantId } from "@akidb/base";
import { type Reservation, together } from "@akidb/engine";
import type { CollectionSlot } from "../collections/collectionSlot.ts";
import type { MemoryCeiling } from "../collections/memoryCeiling.ts";
import type { OpenCollections } from "../collections/openCollections.ts";
import type { Gauges } from "../telemetry/gauges.ts";
import { TenantMemory } from "./tenantMemory.ts";
import type { TenantQuotas } from "./tenantQuotas.ts";
import { TenantStorage } from "./tenantStorage.ts";

export interface TenantBudgetsOptions {
  readonly quotas: TenantQuotas;
  /** Whose the collections of a database are. */
  readonly tenantOf: (databaseId: DatabaseId) => TenantId;
  readonly slots: () => Iterable<CollectionSlot>;
  readonly open: OpenCollections;
  readonly ceiling: MemoryCeiling;
  /** Of the files of a collection. */
  readonly measureFiles: (id: CollectionId) => Promise<number>;
  readonly clock: Clock;
}

export interface TenantBudget {
  readonly memory: TenantMemory;
  readonly storage: TenantStorage;
}

/** What a tenant has. */
export interface TenantUse {
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly collectionCount: number;
  /** In collections that are known: while some are loading, there may be more. */
  readonly documentCount: number;
}

/** What a collection takes at least, and what is asked for before one is made. */
const emptyCollectionBytes = 64 * 1024;

/** Of nothing, whatever is taken is all. */
const ratioOf = (bytes: number, bytesMax: number): number =>
  bytesMax > 0 ? bytes / bytesMax : Number(bytes > 0);

/** What each tenant takes of memory and disk, over all of its collections. */
export class TenantBudgets {
  readonly #options: TenantBudgetsOptions;
  readonly #budgets = new Map<TenantId, TenantBudget>();

  constructor(options: TenantBudgetsOptions) {
    this.#options = options;
  }

  of(tenantId: TenantId): TenantBudget {
    const known = this.#budgets.get(tenantId);
    if (known !== undefined) return known;
    const { quotas, open, ceiling, measureFiles, clock } = this.#options;
    const budget = {
      memory: new TenantMemory({ tenantId, quotas, open: open.ofTenant(tenantId), ceiling, clock }),
      storage: new TenantStorage({
        tenantId,
        quotas,
        collections: () => this.#collectionsOf(tenantId),
        measure: measureFiles,
        clock,
      }),
    };
    this.#budgets.set(tenantId, budget);
    return budget;
  }

  /** Of the tenant whose the database is. */
  ofDatabase(databaseId: DatabaseId): TenantBudget {
    return this.of(this.#options.tenantOf(databaseId));
  }

  /**
   * For a collection, or for what is put into it.
   *
   * @throws AkiDbError `quota_exceeded` where the database's tenant has no room for it
   */
  async makeRoom(
    databaseId: DatabaseId,
    { memoryBytes = emptyCollectionBytes, storageBytes = emptyCollectionBytes } = {},
  ): Promise<Reservation> {
    const { memory, storage } = this.ofDatabase(databaseId);
    const space = await storage.makeRoom(Math.max(0, storageBytes));
    try {
      return together(await memory.makeRoom(Math.max(0, memoryBytes)), space);
    } catch (error) {
      space[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Of each resource the largest share that a tenant has taken of its quota, as far as quotas and files have been looked at:
   * nothing is measured for it but memory.
   */
  usedRatio(): Gauges["quotaUsedRatio"] {
    let memory = 0;
    let storage = 0;
    for (const [tenantId, budget] of this.#budgets) {
      const quotas = this.#options.quotas.peek(tenantId);
      if (quotas === undefined) continue;
      memory = Math.max(memory, ratioOf(budget.memory.measure(), quotas.memoryBytes));
      storage = Math.max(storage, ratioOf(budget.storage.takenBytes, quotas.storageBytes));
    }
    return { memory, storage };
  }

  /** @throws AkiDbError `unavailable` where files cannot be looked at */
  async useOf(tenantId: TenantId): Promise<TenantUse> {
    const { memory, storage } = this.of(tenantId);
    const storageBytes = await storage.measure();
    let collectionCount = 0;
    let documentCount = 0;
    for (const slot of this.#slotsOf(tenantId)) {
      collectionCount += 1;
      documentCount += slot.stats?.documentCount ?? 0;
    }
    return { memoryBytes: memory.measure(), storageBytes, collectionCount, documentCount };
  }

  /** What a collection took that is gone. */
  release({ tenantId, record }: CollectionSlot): void {
    const isLast = this.#slotsOf(tenantId).next().done === true;
    if (isLast) this.#budgets.delete(tenantId);
    else this.of(tenantId).storage.changed(record.id);
  }

  *#collectionsOf(tenantId: TenantId) {
    for (const slot of this.#slotsOf(tenantId)) {
      const { isClosed, isUsed, useCount } = slot;
      yield { id: slot.record.id, isOpen: !isClosed, isUsed, useCount };
    }
  }

  *#slotsOf(tenantId: TenantId): Generator<CollectionSlot> {
    for (const slot of this.#options.slots()) if (slot.tenantId === tenantId) yield slot;
  }
}
