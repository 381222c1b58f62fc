import {
  type CollectionId,
  type DatabaseId,
  type Deadline,
  type FileDamage,
  type FoundDamage,
  notFound,
  parseId,
  type TenantId,
  type Tier,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import {
  type Collection,
  type CollectionStats,
  collectionFileBytes,
  createCollectionFiles,
  nodeDisk,
  type Reservation,
  readClosedSummary,
  restoreSnapshot,
  writeClosedSummary,
} from "@akidb/engine";
import { folderSize } from "../adapters/folderSize.ts";
import { isLogArchived, type LogArchives } from "../archive/logArchives.ts";
import { readRestores, writeRestores } from "../archive/restores.ts";
import { Lanes } from "../lanes.ts";
import type { ProcessMemory } from "../processMemory.ts";
import { type TenantBudget, TenantBudgets } from "../quotas/tenantBudgets.ts";
import type { TenantQuotas } from "../quotas/tenantQuotas.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import type { Gauges } from "../telemetry/gauges.ts";
import { checkpointBytes, snapshotBytes, writeColdCopy } from "../tiers/coldCopy.ts";
import type { CollectionTiers, TierState } from "../tiers/collectionTiers.ts";
import type { Promotions } from "../tiers/promotions.ts";
import { CollectionOpener, type CollectionOpenerOptions } from "./collectionOpener.ts";
import {
  type CollectionLease,
  CollectionSlot,
  type Opening,
  type Settlement,
  type SlotOpening,
  type SlotUse,
  type SlotVacating,
} from "./collectionSlot.ts";
import { type CollectionsUse, totalUse } from "./collectionsUse.ts";
import type { DamagedCollection } from "./damagedCollection.ts";
import { inParallel } from "./inParallel.ts";
import { MemoryCeiling } from "./memoryCeiling.ts";
import { type OpenBound, OpenCollections } from "./openCollections.ts";
import { shapeOf } from "./shapeOf.ts";

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

/** What a tenant has. */
export interface TenantUse {
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly collectionCount: number;
  /** In collections that are known: while some are loading, there may be more. */
  readonly documentCount: number;
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

/** Files of a collection that requests do not find, open until they are closed, or served. */
export interface HiddenGeneration {
  readonly slot: CollectionSlot;
  readonly collection: Collection;
  close(): Promise<void>;
}

/** Equal where nobody has begun or ended to use the collection in between. */
export interface CollectionUse {
  readonly slot: object;
  readonly count: number;
}

/** Collections that open at the same time at start. */
const parallelOpenings = 4;

/** Puts what the log had behind a snapshot into the log of the collection that is made. @returns its last LSN */
export type LogRestoring = (logDirectory: string, targetId: CollectionId) => Promise<number>;

/** Collections whose files are looked at, at the same time, at start. */
const parallelSurveys = 16;

/**
 * The engine's collections of a process with their records: this process alone changes the catalog, so a request finds
 * its collection without asking it. A collection is opened by the first request that wants it; those used least recently
 * are closed again when too many are open.
 */
export class LiveCollections {
  readonly #options: LiveCollectionsOptions;
  readonly #slots = new Map<CollectionId, CollectionSlot>();
  /** Of files that requests do not find: those of another generation. */
  readonly #hidden = new Set<CollectionSlot>();
  readonly #idsByName = new Map<string, CollectionId>();
  readonly #restores = new Lanes<CollectionId>();
  readonly #open: OpenCollections;
  readonly #memory: MemoryCeiling;
  readonly #budgets: TenantBudgets;
  readonly #opener: CollectionOpener;
  /** Not yet opened or looked at since the start. */
  readonly #loading = new Set<CollectionSlot>();
  /** Gone for good, and not all of their files and objects are. */
  readonly #unfinished: Set<CollectionId>;
  readonly #finishing = new Lanes<CollectionId>();
  #isClosing = false;

  constructor(options: LiveCollectionsOptions) {
    this.#options = options;
    this.#unfinished = new Set(options.deleted);
    this.#open = new OpenCollections(options);
    const { limits, processMemory, clock, log } = options;
    this.#memory = new MemoryCeiling({
      bytesMax: limits.memoryBytesMax,
      open: this.#open,
      processMemory,
      clock,
      log,
    });
    this.#budgets = new TenantBudgets({
      quotas: options.quotas,
      slots: () => this.#slots.values(),
      open: this.#open,
      ceiling: this.#memory,
      measureFiles: (id) => folderSize(options.directories.path(id)),
      clock,
    });
    this.#opener = new CollectionOpener(options, this.#budgets);
  }

  /**
   * Opens what was not closed in order, so that damage is found and no log waits for its replay, and of the others those
   * used last, as many as may be open; smallest first. Requests do not wait for their turn.
   */
  async load(records: readonly CollectionRecord[]): Promise<void> {
    const slots = records.map((record) => this.#admit(record));
    for (const slot of slots) this.#loading.add(slot);
    const known: CollectionSlot[] = [];
    const { tiers, promotions } = this.#options;
    const undescribed: CollectionSlot[] = [];
    const unknown: { readonly slot: CollectionSlot; readonly bytes: number }[] = [];
    await inParallel(parallelSurveys, slots, async (slot) => {
      if (this.#isClosing) return;
      const files = this.#filesOf(slot.record);
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
    // Requests wait for it as little as for the collections themselves.
    void inParallel(parallelOpenings, undescribed, async (slot) => {
      const summary = this.#isClosing ? undefined : await promotions.describe(slot.record);
      if (summary !== undefined) slot.know(summary);
    });
    unknown.sort((a, b) => a.bytes - b.bytes);
    await this.#openAll(unknown.map(({ slot }) => slot));
    const wanted = new Set(
      this.#open.select(known.filter(({ record }) => tiers.of(record.id).tier === "hot")),
    );
    for (const slot of known) {
      if (wanted.has(slot)) continue;
      this.#loading.delete(slot);
      tiers.note(slot.record.id, "warm");
    }
    await this.#openAll([...wanted].sort((a, b) => a.memoryBytes - b.memoryBytes));
  }

  async #openAll(slots: readonly CollectionSlot[]): Promise<void> {
    await inParallel(parallelOpenings, slots, async (slot) => {
      if (this.#isClosing) return;
      await slot.open();
      this.#loading.delete(slot);
      await this.#open.closeSurplus();
    });
  }

  /** @throws AkiDbError `not_found`, also for a collection of another database */
  find(databaseId: DatabaseId, nameOrId: string): CollectionRecord {
    const id = parseId<"collection">(nameOrId) ?? this.#idsByName.get(nameKey(databaseId, nameOrId));
    const record = id === undefined ? undefined : this.#slots.get(id)?.record;
    if (record?.databaseId !== databaseId) throw notFound(`collection ${JSON.stringify(nameOrId)}`);
    return record;
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
      const { id } = this.find(databaseId, nameOrId);
      const slot = this.#slots.get(id)!;
      const lease = await slot.acquire(deadline, use);
      if (lease !== undefined) {
        const { collection } = lease;
        return { record: slot.record, collection, [Symbol.dispose]: () => lease[Symbol.dispose]() };
      }
      if (this.#isClosing) throw unavailable("the database is closing");
    }
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

  countByTier(): Readonly<Record<Tier, number>> {
    const counts = { hot: 0, warm: 0, cold: 0 };
    for (const { record } of this.#slots.values()) counts[this.tierOf(record)] += 1;
    return counts;
  }

  tierStateOf({ id }: Pick<CollectionRecord, "id">): TierState {
    return this.#options.tiers.of(id);
  }

  /** What it takes of memory when it is open, and takes now, and of this machine's disk. */
  bytesOf({ id }: Pick<CollectionRecord, "id">): CollectionBytes {
    const slot = this.#slots.get(id);
    return { memory: slot?.memoryBytes ?? 0, openMemory: slot?.openBytes ?? 0, disk: slot?.diskBytes ?? 0 };
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
    this.#budgets.of(slot.tenantId).storage.changed(id);
    return true;
  }

  get indexedFieldsMax(): number {
    return this.#options.limits.indexedFieldsMax;
  }

  readiness(): {
    /** Those that answer, at once or as soon as they are opened. */
    readonly open: number;
    readonly loading: number;
    readonly damaged: readonly DamagedCollection[];
    readonly damages: readonly FoundDamage[];
    /** Why writes, or openings of collections, are refused for want of memory. */
    readonly memoryRefusal: string | undefined;
  } {
    const slots = [...this.#slots.values()];
    const damaged = slots.flatMap(({ damage }) => damage ?? []);
    const loading = [...this.#loading].filter(({ isOpen, damage }) => !isOpen && damage === undefined).length;
    const damages = slots.flatMap(({ record, damages }) =>
      damages.map((damage) => ({ ...damage, collectionId: record.id, collection: record.name })),
    );
    const open = slots.length - loading - damaged.length;
    return { open, loading, damaged, damages, memoryRefusal: this.#memory.refusal };
  }

  /** The memory and the disk that all collections of a tenant share. */
  budgetOf(tenantId: TenantId): TenantBudget {
    return this.#budgets.of(tenantId);
  }

  /** @throws AkiDbError `quota_exceeded` where the database's tenant has no room for another collection */
  async makeRoomToCreate(databaseId: DatabaseId): Promise<Reservation> {
    return await this.#budgets.makeRoom(this.#options.tenantOf(databaseId));
  }

  /** @throws AkiDbError `unavailable` where files cannot be looked at */
  async useOfTenant(tenantId: TenantId): Promise<TenantUse> {
    const { memory, storage } = this.#budgets.of(tenantId);
    const storageBytes = await storage.measure();
    let collectionCount = 0;
    let documentCount = 0;
    for (const slot of this.#slots.values()) {
      if (slot.tenantId !== tenantId) continue;
      collectionCount += 1;
      documentCount += slot.stats?.documentCount ?? 0;
    }
    return { memoryBytes: memory.measure(), storageBytes, collectionCount, documentCount };
  }

  /** Where memory and disk go, all collections together. */
  use(): CollectionsUse {
    return totalUse([...this.#slots.values()]);
  }

  /** Of the tenant that is nearest to its quota. */
  quotaUsedRatio(): Gauges["quotaUsedRatio"] {
    return this.#budgets.usedRatio();
  }

  /** Begins a collection on disk, under the name of one in creation; durable when it resolves. */
  createFiles(id: CollectionId): Promise<void> {
    const { directories, clock, ids } = this.#options;
    const directory = directories.creatingPath(id);
    return createCollectionFiles({ disk: nodeDisk, directory, collectionId: id, clock, ids });
  }

  abandonFiles(id: CollectionId): Promise<void> {
    return this.#options.directories.abandonCreation(id);
  }

  /**
   * Begins a collection with what a snapshot holds.
   *
   * @returns its id, for the catalog
   */
  async createFilesFrom(
    snapshot: RestorableSnapshot,
    source: CollectionRecord,
    restoreLog?: LogRestoring,
  ): Promise<CollectionId> {
    const { directories, ids } = this.#options;
    const id = ids.next<"collection">();
    try {
      await this.#restoreFiles(snapshot, {
        record: source,
        id,
        directory: directories.creatingPath(id),
        restoreLog,
      });
    } catch (error) {
      await directories.abandonCreation(id);
      throw error;
    }
    return id;
  }

  /**
   * Whatever restores a snapshot of a collection waits for what does so already: each makes files under the same name, and
   * leaves another log behind.
   *
   * @throws AkiDbError `unavailable` where everything is being closed
   */
  restoreInTurn<T>({ id }: CollectionRecord, work: () => Promise<T>): Promise<T> {
    return this.#restores.run(id, async () => {
      this.#requireServing();
      return await work();
    });
  }

  #requireServing(): void {
    if (this.#isClosing) throw unavailable("the database is closing");
  }

  /** Makes a collection what it was; requests wait meanwhile. If it fails, the collection is as before. */
  async restore(
    record: CollectionRecord,
    snapshot: RestorableSnapshot,
    restoreLog?: LogRestoring,
  ): Promise<void> {
    const { directories, clock } = this.#options;
    const directory = directories.restoringFilesPath(record);
    try {
      const lastLsn = await this.#restoreFiles(snapshot, { record, id: record.id, directory, restoreLog });
      const restore = { atMs: clock.nowMs(), lsn: lastLsn };
      // Where it is not known any more, no older snapshot may be brought further than it goes itself.
      const unknown = { ...restore, lsn: 0 };
      const restores = await readRestores(nodeDisk, directories.filesPath(record)).catch(() => [unknown]);
      await writeRestores(nodeDisk, directory, [...restores, restore]);
      const { tier, snapshotId } = this.#options.tiers.of(record.id);
      // Until the catalog says otherwise, it is what is in the object store.
      if (tier === "cold" && snapshotId !== null) {
        await writeColdCopy(nodeDisk, directories.restoringPath(record.id), { snapshotId, bytes: 0 });
      }
      this.#requireServing();
    } catch (error) {
      await directories.abandonRestoring(record.id);
      throw error;
    }
    const replacedSlot = this.#slots.get(record.id);
    if (replacedSlot === undefined) {
      await directories.abandonRestoring(record.id);
      throw notFound(`collection ${JSON.stringify(record.name)}`);
    }
    this.#opener.forget(record.id);
    // What it could not write is not wanted any more.
    await this.#reopen(replacedSlot, replacedSlot.record, async () => {
      const { tiers } = this.#options;
      await directories.finishRestoring(record.id);
      // It has come away from its copy in the object store.
      if (tiers.of(record.id).snapshotId !== null)
        await tiers.set(record.id, { tier: "hot", snapshotId: null });
    });
  }

  /**
   * Serves a collection by another record; requests wait where that takes opening it anew. In turn with restores, which
   * replace its files.
   *
   * @throws AkiDbError `not_found` where it is gone
   */
  async update(record: CollectionRecord): Promise<void> {
    const slot = this.#slots.get(record.id);
    if (slot === undefined) throw notFound(`collection ${JSON.stringify(record.name)}`);
    const before = slot.record;
    this.#idsByName.delete(nameKey(before.databaseId, before.name));
    this.#idsByName.set(nameKey(record.databaseId, record.name), record.id);
    slot.become(record);
    // What is done with files of the log is decided as it is opened.
    if (slot.isCold) return;
    if (isLogArchived(before) !== isLogArchived(record)) await this.#reopen(slot, record, async () => {});
  }

  /** Closes a collection, and opens it by `record` when `between` is done; requests wait meanwhile. */
  async #reopen(slot: CollectionSlot, record: CollectionRecord, between: () => Promise<void>): Promise<void> {
    const closed = Promise.withResolvers<void>();
    const reopened = this.#admit(record).open(closed.promise);
    try {
      await this.#retire(slot).catch((cause: unknown) =>
        this.#options.log({ kind: "close_failed", collection: record.name, cause }),
      );
      await between();
    } finally {
      closed.resolve();
    }
    this.#budgets.of(slot.tenantId).storage.changed(record.id);
    await reopened;
  }

  async #restoreFiles(
    { directory: from, manifest }: RestorableSnapshot,
    {
      record,
      id,
      directory,
      restoreLog,
    }: {
      record: CollectionRecord;
      id: CollectionId;
      directory: string;
      restoreLog: LogRestoring | undefined;
    },
  ): Promise<number> {
    const { clock, ids, documentWriter, tenantOf } = this.#options;
    let lastLsn = manifest.lsn;
    // A clone has no slot yet: all of it comes on top.
    const replaced = this.#slots.get(id);
    using _room = await this.#budgets.makeRoom(tenantOf(record.databaseId), {
      memoryBytes: checkpointBytes(manifest) - (replaced?.openBytes ?? 0),
      storageBytes: snapshotBytes(manifest) - (replaced?.stats?.diskBytes ?? 0),
    });
    await restoreSnapshot({
      disk: nodeDisk,
      from,
      manifest,
      directory,
      collectionId: id,
      clock,
      ids,
      expected: shapeOf(record),
      textLanguage: record.textLanguage,
      documentWriter,
      ...(restoreLog !== undefined && {
        restoreLog: async (log) => {
          lastLsn = await restoreLog(log, id);
          return lastLsn;
        },
      }),
    });
    return lastLsn;
  }

  /**
   * Files of another generation of a collection, begun where there are none. Nobody finds them until they are
   * {@link LiveCollections.serve served}.
   *
   * @param record as the collection would be by them
   * @throws AkiDbError as {@link LiveCollections.get}
   */
  async openGeneration(record: CollectionRecord, deadline: Deadline): Promise<HiddenGeneration> {
    const { directories, clock, ids } = this.#options;
    this.#requireServing();
    if (!(await directories.hasGeneration(record))) {
      const directory = await directories.beginGeneration(record);
      await createCollectionFiles({ disk: nodeDisk, directory, collectionId: record.id, clock, ids });
      await directories.finishGeneration(record);
    }
    const slot = this.#newSlot(record);
    slot.isServed = false;
    this.#hidden.add(slot);
    const close = async (): Promise<void> => {
      lease?.[Symbol.dispose]();
      if (!this.#hidden.delete(slot)) return;
      await this.#retire(slot).catch((cause: unknown) =>
        this.#options.log({ kind: "close_failed", collection: record.name, cause }),
      );
      this.#budgets.of(slot.tenantId).storage.changed(record.id);
    };
    let lease: CollectionLease | undefined;
    try {
      lease = await slot.acquire(deadline, { inMemory: true });
      if (lease === undefined) throw unavailable("the collection is being deleted");
      return { slot, collection: lease.collection, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** Whether requests find what is in use here. */
  isServed({ record, collection }: LiveCollection): boolean {
    using lease = this.#slots.get(record.id)?.borrow();
    return lease?.collection === collection;
  }

  /**
   * Requests find the generation from now on, by this record. What they found before answers those that have begun.
   *
   * @returns a promise that resolves when nobody uses that any more, and it is closed
   */
  serve({ slot }: HiddenGeneration, record: CollectionRecord): Promise<void> {
    const before = this.#slots.get(record.id);
    slot.become(record);
    slot.isServed = true;
    this.#hidden.delete(slot);
    this.#slots.set(record.id, slot);
    if (before === undefined) return Promise.resolve();
    this.#hidden.add(before);
    return this.#retireUnused(before);
  }

  async #retireUnused(slot: CollectionSlot): Promise<void> {
    await slot.unused();
    if (!this.#hidden.delete(slot)) return;
    await this.#retire(slot).catch((cause: unknown) =>
      this.#options.log({ kind: "close_failed", collection: slot.record.name, cause }),
    );
  }

  /** Files that nobody uses any more, and their log in the object store. */
  async removeGeneration(record: CollectionRecord): Promise<void> {
    const { directories, archives } = this.#options;
    await directories.removeGeneration(record);
    if (record.tieringPolicy !== "memory") await archives.removeLog(record);
    this.#budgets.of(this.#options.tenantOf(record.databaseId)).storage.changed(record.id);
  }

  hasGeneration(record: Pick<CollectionRecord, "id" | "generation">): Promise<boolean> {
    return this.#options.directories.hasGeneration(record);
  }

  /** Of which there are files. */
  generations({ id }: CollectionRecord): Promise<readonly number[]> {
    return this.#options.directories.generations(id);
  }

  /** Opens a collection whose files were created and which the catalog has. */
  async add(record: CollectionRecord): Promise<void> {
    const slot = this.#admit(record);
    try {
      // Whoever asks for it from now on waits for its files to have their name.
      await slot.open(this.#options.directories.finishCreation(record.id));
    } catch (error) {
      this.#dismiss(slot);
      throw error;
    }
  }

  /**
   * Takes a collection out of service and removes its files and objects. Its directory goes last: what a crash leaves of it,
   * the next start removes.
   *
   * @param forget makes the catalog forget it; if it rejects, the collection is served again
   */
  async delete({ id }: CollectionRecord, forget: () => Promise<void>): Promise<void> {
    const { directories, archives } = this.#options;
    const slot = this.#slots.get(id);
    if (slot === undefined) throw notFound("the collection");
    const { record } = slot;
    this.#dismiss(slot);
    this.#options.promotions.abort(id, "the collection is being deleted");
    archives.abandon(id, "the collection is being deleted");
    try {
      await this.#retire(slot, { hasNoFuture: true });
      await this.#retireHidden(id);
      await directories.beginDeletion(record.id);
      await forget().catch(async (error: unknown) => {
        await directories.revokeDeletion(record.id);
        throw error;
      });
    } catch (error) {
      void this.#admit(record).open();
      throw error;
    }
    this.#opener.forget(record.id);
    this.#options.tiers.forget(record.id);
    this.#releaseBudget(slot);
    // Objects that are not gone by then are removed behind it.
    await withinMs(archives.patienceMs, this.#finishDeletion(id, record));
  }

  /** Whoever makes another generation of it finds it closed, and gone. */
  async #retireHidden(id: CollectionId): Promise<void> {
    for (const slot of [...this.#hidden].filter(({ record }) => record.id === id)) {
      this.#hidden.delete(slot);
      await this.#retire(slot, { hasNoFuture: true }).catch(() => {});
    }
  }

  /**
   * Removes what is left of collections that are gone for good: their objects, and then the directories that tell of them.
   * What cannot be removed now is tried again at the next call, and after the next start.
   */
  async finishDeletions(): Promise<void> {
    for (const id of this.#unfinished) {
      if (this.#isClosing) return;
      await this.#finishDeletion(id);
    }
  }

  /** The same of one collection. @returns whether nothing is left */
  async finishDeletionOf(id: CollectionId): Promise<boolean> {
    if (this.#unfinished.has(id)) await this.#finishDeletion(id);
    return !this.#unfinished.has(id);
  }

  /** @param record undefined where nobody knows any more what it was */
  #finishDeletion(id: CollectionId, record?: CollectionRecord): Promise<void> {
    const { directories, archives, log } = this.#options;
    this.#unfinished.add(id);
    return this.#finishing.run(id, async () => {
      if (!this.#unfinished.has(id)) return;
      try {
        await directories.emptyDeleted(id);
        const hasObjects = record?.tieringPolicy !== "memory";
        if (hasObjects && !(await archives.removeObjects({ id, name: record?.name ?? id }))) return;
        await directories.finishDeletion(id);
        this.#unfinished.delete(id);
      } catch (cause) {
        log({ kind: "cleanup_failed", directory: id, cause });
      }
    });
  }

  /** Sends what the archived logs have taken since the last time to the object store; what fails is tried again. */
  async archiveLogs(): Promise<void> {
    for (const slot of this.#slots.values()) {
      if (!isLogArchived(slot.record)) continue;
      // One that is closed has handed it over before.
      using lease = slot.borrow();
      // The hook tells of failures, and a log that cannot be written shows in the collection's state.
      await lease?.collection.handOverLog().catch(() => {});
    }
  }

  /** A collection where it is open, without counting as a use of it; open until it is disposed of. */
  borrow({ id }: CollectionRecord): CollectionLease | undefined {
    return this.#slots.get(id)?.borrow();
  }

  /** Of all that are open: see {@link Collection.releaseGuest}. */
  releaseGuest(guestNumber: number): void {
    for (const slot of this.#slots.values()) {
      using lease = slot.borrow();
      lease?.collection.releaseGuest(guestNumber);
    }
  }

  /** What tells, later, whether somebody has used a collection since; undefined where it is gone. */
  useOf({ id }: Pick<CollectionRecord, "id">): CollectionUse | undefined {
    const slot = this.#slots.get(id);
    return slot && { slot, count: slot.useCount };
  }

  /** Of which something is left yet. */
  isBeingDeleted(id: CollectionId): boolean {
    return this.#unfinished.has(id);
  }

  /** Undefined where it is gone. */
  recordOf(id: CollectionId): CollectionRecord | undefined {
    return this.#slots.get(id)?.record;
  }

  /** In the order of their making. */
  records(): readonly CollectionRecord[] {
    return [...this.#slots.values()].map(({ record }) => record).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Of log, documents and checkpoints. */
  directoryOf(record: CollectionRecord): string {
    return this.#options.directories.filesPath(record);
  }

  /** Waits for writes in flight, and for a restore that has begun; no collection is opened any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#options.promotions.stop();
    await this.#restores.idle();
    await this.#finishing.idle();
    const closings = [...this.#slots.values(), ...this.#hidden].map((slot) => slot.retire());
    const failure = (await Promise.allSettled(closings)).find(({ status }) => status === "rejected");
    await this.#open.close();
    if (failure?.status === "rejected") throw failure.reason;
  }

  /** Of a collection that is gone. */
  #releaseBudget({ tenantId, record }: CollectionSlot): void {
    const isLast = ![...this.#slots.values()].some((slot) => slot.tenantId === tenantId);
    if (isLast) this.#budgets.forget(tenantId);
    else this.#budgets.of(tenantId).storage.changed(record.id);
  }

  #filesOf(record: CollectionRecord) {
    const { directories } = this.#options;
    return { disk: nodeDisk, directory: directories.filesPath(record), collectionId: record.id };
  }

  async #retire(slot: CollectionSlot, options: { readonly hasNoFuture?: boolean } = {}): Promise<void> {
    this.#loading.delete(slot);
    try {
      await slot.retire(options);
    } finally {
      this.#open.forget(slot);
    }
  }

  #admit(record: CollectionRecord): CollectionSlot {
    const slot = this.#newSlot(record);
    this.#slots.set(record.id, slot);
    this.#idsByName.set(nameKey(record.databaseId, record.name), record.id);
    return slot;
  }

  #newSlot(record: CollectionRecord): CollectionSlot {
    const { clock, archives, log, tiers } = this.#options;
    const damages: FileDamage[] = [];
    const access = tiers.accessOf(record.id);
    const slot: CollectionSlot = new CollectionSlot({
      record,
      tenantId: this.#options.tenantOf(record.databaseId),
      damages,
      open: (how) => this.#bringAndOpen(slot, damages, how),
      tier: {
        isCold: () => slot.isServed && tiers.isCold(record.id),
        isPinned: () => tiers.isPinned(record.id),
        isReadInPlace: () => slot.isServed && tiers.isReadInPlace(record.id),
        noteAccess: (nowMs) => access.note(nowMs),
      },
      settle: (collection) => settle(slot.record, collection, archives),
      configure: (collection) => {
        const { maxDocumentCount, walRetentionSeconds } = slot.record;
        collection.configure({ maxDocumentCount, walRetentionMs: walRetentionSeconds * 1_000 });
      },
      writeSummary: (summary) =>
        // Without it the next start opens the collection to know it.
        writeClosedSummary(this.#filesOf(slot.record), summary).catch((cause: unknown) =>
          log({ kind: "cleanup_failed", directory: record.id, cause }),
        ),
      onOpened: ({ isInPlace }) => {
        if (slot.isServed) tiers.note(record.id, isInPlace ? "warm" : "hot");
        this.#open.add(slot);
      },
      onClosed: () => {
        if (slot.isServed) tiers.note(record.id, "warm");
      },
      onCloseFailure: (cause) => log({ kind: "close_failed", collection: slot.record.name, cause }),
      nowMs: () => clock.nowMs(),
    });
    return slot;
  }

  /** Its files first, where they are in the object store. Never rejects. */
  async #bringAndOpen(slot: CollectionSlot, damages: FileDamage[], how: SlotOpening): Promise<Opening> {
    const { tiers, promotions, meter, clock, log } = this.#options;
    if (!slot.isServed) return await this.#opener.open(slot, damages, how);
    const { id } = slot.record;
    const { tier: fromTier } = tiers.of(id);
    const startMs = clock.monotonicMs();
    if (fromTier === "cold") {
      try {
        await promotions.fetch(slot.record, (snapshot, directory) =>
          this.#restoreFiles(snapshot, { record: slot.record, id, directory, restoreLog: undefined }),
        );
      } catch (error) {
        return { kind: "away", error: toAkiDbError(error) };
      }
      // Those were of the files before.
      damages.length = 0;
      this.#opener.forget(id);
      this.#budgets.of(slot.tenantId).storage.changed(id);
    }
    const opening = await this.#opener.open(slot, damages, how);
    if (opening.kind !== "open") return opening;
    const toTier = opening.collection.isInPlace ? "warm" : "hot";
    if (fromTier !== toTier && fromTier !== "hot") {
      const elapsedMs = clock.monotonicMs() - startMs;
      meter.tierMigrated(fromTier, toTier, elapsedMs);
      if (fromTier === "cold") {
        log({ kind: "tier_migrated", collection: slot.record.name, fromTier, toTier, elapsedMs });
      }
    }
    return opening;
  }

  /** Nobody finds it any more. */
  #dismiss({ record }: CollectionSlot): void {
    this.#slots.delete(record.id);
    this.#idsByName.delete(nameKey(record.databaseId, record.name));
  }
}

/** Before it is closed though the process goes on: while the object store is away, what is to go there may wait. */
async function settle(
  record: CollectionRecord,
  collection: Collection,
  archives: LogArchives,
): Promise<Settlement> {
  await collection.settle();
  if (!isLogArchived(record) || (await collection.handOverLog())) return "settled";
  return archives.isQueued(record.id) ? "queued" : "unsettled";
}

const nameKey = (databaseId: DatabaseId, name: string): string => `${databaseId}/${name}`;

/** Resolves when the work has, which goes on all the same, or when the time is over. */
async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]).finally(() => clearTimeout(timer));
}
