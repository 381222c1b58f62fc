import {
  type CollectionId,
  type DatabaseId,
  type Deadline,
  type FileDamage,
  type TenantId,
  type Tier,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { Collection, CollectionStats } from "@akidb/engine";
import { folderSize } from "../adapters/folderSize.ts";
import { isLogArchived } from "../archive/logArchives.ts";
import type { ProcessMemory } from "../processMemory.ts";
import { TenantBudgets } from "../quotas/tenantBudgets.ts";
import type { TenantQuotas } from "../quotas/tenantQuotas.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import type { CollectionTiers, TierState } from "../tiers/collectionTiers.ts";
import type { Promotions } from "../tiers/promotions.ts";
import { CollectionCreations } from "./collectionCreations.ts";
import { CollectionOpener, type CollectionOpenerOptions } from "./collectionOpener.ts";
import { CollectionRestores } from "./collectionRestores.ts";
import type { CollectionSlot, SlotUse, SlotVacating } from "./collectionSlot.ts";
import { type CollectionsReadiness, readinessOf } from "./collectionsReadiness.ts";
import { type CollectionsUse, totalUse } from "./collectionsUse.ts";
import type { DamagedCollection } from "./damagedCollection.ts";
import { HiddenGenerations } from "./hiddenGenerations.ts";
import { MemoryCeiling } from "./memoryCeiling.ts";
import { newSlot } from "./newSlot.ts";
import { type OpenBound, OpenCollections } from "./openCollections.ts";
import { RestoredFiles } from "./restoredFiles.ts";
import { ServedSlots } from "./servedSlots.ts";
import type { CollectionLease } from "./slotUsers.ts";
import { StartupLoading } from "./startupLoading.ts";
import { TieredOpener } from "./tieredOpener.ts";
import { UnfinishedDeletions } from "./unfinishedDeletions.ts";

export interface LiveCollectionsOptions extends CollectionOpenerOptions {
  /** Of which a crash has left something. */
  readonly deleted: readonly CollectionId[];
  readonly openBound: OpenBound;
  readonly processMemory: ProcessMemory;
  readonly quotas: TenantQuotas;
  /** Whose the collections of a database are. */
  readonly tenantOf: (databaseId: DatabaseId) => TenantId;
  readonly tiers: CollectionTiers;
  readonly promotions: Promotions;
  readonly meter: DatabaseMeter;
}

/** A collection that answers, and what was found damaged of its files. */
export interface ServedCollection extends CollectionStats {
  readonly damages: readonly FileDamage[];
}

export interface CollectionBytes {
  readonly memory: number;
  readonly openMemory: number;
  readonly disk: number;
}

/** Open until it is disposed of. */
export interface LiveCollection extends Disposable {
  readonly record: CollectionRecord;
  readonly collection: Collection;
}

/** Equal where nobody has begun or ended to use the collection in between. */
export interface CollectionUse {
  readonly slot: object;
  readonly count: number;
}

/**
 * The engine's collections of a process with their records: this process alone changes the catalog, so a request finds
 * its collection without asking it. A collection is opened by the first request that wants it; those used least recently
 * are closed again when too many are open.
 */
export class LiveCollections {
  /** The memory and the disk that all collections of a tenant share. */
  readonly budgets: TenantBudgets;
  readonly creations: CollectionCreations;
  readonly restores: CollectionRestores;
  readonly generations: HiddenGenerations;
  readonly deletions: UnfinishedDeletions;
  readonly #options: LiveCollectionsOptions;
  readonly #slots: ServedSlots;
  readonly #open: OpenCollections;
  readonly #memory: MemoryCeiling;
  readonly #opener: CollectionOpener;
  readonly #loading: StartupLoading;
  readonly #closing = new AbortController();

  constructor(options: LiveCollectionsOptions) {
    this.#options = options;
    const { limits, directories, clock } = options;
    const parts = { ...options, closing: this.#closing.signal };
    const idleBytesMax = () => this.#memory.idleBytesMax();
    const open = new OpenCollections({ ...options, idleBytesMax });
    this.#open = open;
    this.#memory = new MemoryCeiling({ ...options, bytesMax: limits.memoryBytesMax, open });
    const budgets = new TenantBudgets({
      ...options,
      slots: () => this.#slots,
      open,
      ceiling: this.#memory,
      measureFiles: (id) => folderSize(directories.path(id)),
    });
    this.budgets = budgets;
    const opener = new CollectionOpener(options, budgets);
    this.#opener = opener;
    const restored = new RestoredFiles({ ...options, budgets });
    const tieredOpener = new TieredOpener({ ...options, opener, restored, budgets });
    const slotParts = { ...options, opener: tieredOpener, open, nowMs: () => clock.nowMs() };
    const makeSlot = (record: CollectionRecord): CollectionSlot => newSlot(record, slotParts);
    const slots = new ServedSlots({
      newSlot: makeSlot,
      open,
      onReopening: ({ tenantId, record }) => budgets.of(tenantId).storage.changed(record.id),
    });
    this.#slots = slots;
    this.#loading = new StartupLoading({ ...parts, open });
    this.creations = new CollectionCreations({ ...options, restored });
    this.restores = new CollectionRestores({ ...parts, slots, restored, opener });
    this.generations = new HiddenGenerations({ ...parts, slots, newSlot: makeSlot, open, budgets });
    this.deletions = new UnfinishedDeletions(parts);
  }

  /** Serves these; resolves when the start has had its turn through them. */
  async load(records: readonly CollectionRecord[]): Promise<void> {
    await this.#loading.load(records.map((record) => this.#slots.admit(record)));
  }

  /** @throws AkiDbError `not_found`, also for a collection of another database */
  find(databaseId: DatabaseId, nameOrId: string): CollectionRecord {
    return this.#slots.find(databaseId, nameOrId).record;
  }

  /**
   * The collection that {@link LiveCollections.find} finds, open until it is disposed of.
   *
   * @throws AkiDbError `failed_precondition` for a damaged one, `unavailable` for one that cannot be opened now, or what
   * the deadline throws while it loads
   */
  async get(
    databaseId: DatabaseId,
    nameOrId: string,
    deadline: Deadline,
    use?: SlotUse,
  ): Promise<LiveCollection> {
    for (;;) {
      const slot = this.#slots.find(databaseId, nameOrId);
      const lease = await slot.acquire(deadline, use);
      if (lease !== undefined) {
        const { collection } = lease;
        return { record: slot.record, collection, [Symbol.dispose]: () => lease[Symbol.dispose]() };
      }
      this.#closing.signal.throwIfAborted();
    }
  }

  /** A collection where it is open, without counting as a use of it; open until it is disposed of. */
  borrow({ id }: CollectionRecord): CollectionLease | undefined {
    return this.#slots.get(id)?.borrow();
  }

  /** Whether requests find what is in use here. */
  isServed({ record, collection }: LiveCollection): boolean {
    using lease = this.borrow(record);
    return lease?.collection === collection;
  }

  /** What tells, later, whether somebody has used a collection since; undefined where it is gone. */
  useOf({ id }: Pick<CollectionRecord, "id">): CollectionUse | undefined {
    const slot = this.#slots.get(id);
    return slot && { slot, count: slot.useCount };
  }

  /** Undefined where it is gone. */
  recordOf(id: CollectionId): CollectionRecord | undefined {
    return this.#slots.get(id)?.record;
  }

  /** In the order of their making. */
  records(): readonly CollectionRecord[] {
    return [...this.#slots].map(({ record }) => record).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Without waiting or opening anything: undefined while it is not known yet. */
  peek(id: CollectionId): ServedCollection | DamagedCollection | undefined {
    const slot = this.#slots.get(id);
    if (slot?.damage !== undefined) return slot.damage;
    return slot?.stats && { ...slot.stats, damages: slot.damages };
  }

  tierOf({ id }: Pick<CollectionRecord, "id">): Tier {
    return this.#options.tiers.of(id).tier;
  }

  tierStateOf({ id }: Pick<CollectionRecord, "id">): TierState {
    return this.#options.tiers.of(id);
  }

  countByTier(): Readonly<Record<Tier, number>> {
    const counts = { hot: 0, warm: 0, cold: 0 };
    for (const { record } of this.#slots) counts[this.tierOf(record)] += 1;
    return counts;
  }

  /** What it takes of memory when it is open, and takes now, and of this machine's disk. */
  bytesOf({ id }: Pick<CollectionRecord, "id">): CollectionBytes {
    const slot = this.#slots.get(id);
    return { memory: slot?.memoryBytes ?? 0, openMemory: slot?.openBytes ?? 0, disk: slot?.diskBytes ?? 0 };
  }

  /** Where memory and disk go, all collections together. */
  use(): CollectionsUse {
    return totalUse([...this.#slots]);
  }

  readiness(): CollectionsReadiness {
    return readinessOf([...this.#slots], this.#loading.count);
  }

  /** Why writes, or openings of collections, are refused for want of memory. */
  get memoryRefusal(): string | undefined {
    return this.#memory.refusal;
  }

  get indexedFieldsMax(): number {
    return this.#options.limits.indexedFieldsMax;
  }

  /** Of log, documents and checkpoints. */
  directoryOf(record: CollectionRecord): string {
    return this.#options.directories.filesPath(record);
  }

  /** Opens a collection whose files were created and which the catalog has. */
  async add(record: CollectionRecord): Promise<void> {
    const slot = this.#slots.admit(record);
    try {
      // Whoever asks for it from now on waits for its files to have their name.
      await slot.open(this.#options.directories.finishCreation(record.id));
    } catch (error) {
      this.#slots.dismiss(slot);
      throw error;
    }
  }

  /**
   * Serves a collection by another record; requests wait where that takes opening it anew. In turn with restores, which
   * replace its files.
   *
   * @throws AkiDbError `not_found` where it is gone
   */
  async update(record: CollectionRecord): Promise<void> {
    const slot = this.#slots.require(record);
    const before = slot.record;
    this.#slots.rename(slot, record);
    // What is done with files of the log is decided as it is opened.
    if (slot.isCold) return;
    if (isLogArchived(before) !== isLogArchived(record)) await this.#slots.reopen(slot, async () => {});
  }

  /**
   * Takes a collection out of service and removes its files and objects. Its directory goes last: what a crash leaves of it,
   * the next start removes.
   *
   * @param forget makes the catalog forget it; if it rejects, the collection is served again
   */
  async delete(collection: CollectionRecord, forget: () => Promise<void>): Promise<void> {
    await this.deletions.whileUndecided(collection.id, () => this.#delete(collection, forget));
  }

  async #delete(collection: CollectionRecord, forget: () => Promise<void>): Promise<void> {
    const { directories, archives, promotions, tiers } = this.#options;
    const slot = this.#slots.require(collection);
    const { record } = slot;
    const { id } = record;
    this.#slots.dismiss(slot);
    promotions.abort(id, "the collection is being deleted");
    archives.abandon(id, "the collection is being deleted");
    try {
      await this.#open.retire(slot, { hasNoFuture: true });
      await this.generations.retireOf(id);
      await directories.beginDeletion(id);
      await forget().catch(async (error: unknown) => {
        await directories.revokeDeletion(id);
        throw error;
      });
    } catch (error) {
      void this.#slots.admit(record).open();
      throw error;
    }
    this.#opener.forget(id);
    tiers.forget(id);
    this.budgets.release(slot);
    await this.deletions.begin(record);
  }

  /** Nobody uses it, and it is whole. @returns whether it is closed by then */
  async closeIfIdle({ id }: CollectionRecord): Promise<boolean> {
    const slot = this.#slots.get(id);
    if (slot === undefined || !(slot.isClosed || (await slot.closeIfIdle()))) return false;
    this.#open.forget(slot);
    return true;
  }

  /** As {@link CollectionSlot.vacate}, in turn with restores. */
  async vacate({ id }: CollectionRecord, vacating: SlotVacating): Promise<boolean> {
    const slot = this.#slots.get(id);
    if (slot === undefined || !(await slot.vacate(vacating))) return false;
    this.#open.forget(slot);
    this.budgets.of(slot.tenantId).storage.changed(id);
    return true;
  }

  /** Sends what the archived logs have taken since the last time to the object store; what fails is tried again. */
  async archiveLogs(): Promise<void> {
    for (const slot of this.#slots) {
      if (!isLogArchived(slot.record)) continue;
      // One that is closed has handed it over before.
      using lease = slot.borrow();
      // The hook tells of failures, and a log that cannot be written shows in the collection's state.
      await lease?.collection.handOverLog().catch(() => {});
    }
  }

  /** Of all that are open: see {@link Collection.releaseGuest}. */
  releaseGuest(guestNumber: number): void {
    for (const slot of this.#slots) {
      using lease = slot.borrow();
      lease?.collection.releaseGuest(guestNumber);
    }
  }

  /** Waits for writes in flight, and for a restore that has begun; no collection is opened any more. */
  async close(): Promise<void> {
    this.#closing.abort(unavailable("the database is closing"));
    this.#options.promotions.stop();
    await this.restores.idle();
    await this.deletions.idle();
    const closings = [...this.#slots, ...this.generations].map((slot) => slot.retire());
    const failure = (await Promise.allSettled(closings)).find(({ status }) => status === "rejected");
    await this.#open.close();
    if (failure?.status === "rejected") throw failure.reason;
  }
}
