import {
  type Clock,
  type CollectionId,
  type DatabaseId,
  type Deadline,
  type FileDamage,
  type FoundDamage,
  failedPrecondition,
  type IdGenerator,
  notFound,
  parseId,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import {
  type Builders,
  Collection,
  type CollectionStats,
  createCollectionFiles,
  DamagedFileError,
  type DocumentWriter,
  nodeDisk,
  restoreSnapshot,
  type WalOptions,
} from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import { isLogArchived, type LogArchives } from "../archive/logArchives.ts";
import { readRestores, writeRestores } from "../archive/restores.ts";
import type { DatabaseLimits } from "../databaseLimits.ts";
import type { EngineTuning } from "../engineTuning.ts";
import type { HnswSearchOptions } from "../hnswDefaults.ts";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";
import { orAborted } from "../orAborted.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import { snapshotDamages } from "../snapshots/snapshotDamages.ts";
import { readDamage, recoveryDamages, refusalDamage } from "./recoveryDamages.ts";
import { shapeOf } from "./shapeOf.ts";

export interface LiveCollectionsOptions {
  readonly directories: CollectionDirectories;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly wal: WalOptions;
  readonly hnsw: HnswSearchOptions;
  readonly tuning: EngineTuning;
  readonly builders: Builders;
  readonly documentWriter: DocumentWriter;
  readonly limits: DatabaseLimits;
  readonly archives: LogArchives;
  readonly log: Log;
}

/** A collection that could not be opened: everything else is served. */
export interface DamagedCollection {
  readonly id: CollectionId;
  readonly name: string;
  /** Names the file, relative to the collection. */
  readonly reason: string;
  readonly damages: readonly FileDamage[];
}

/** A collection that is open, and what was found damaged of its files. */
export interface OpenCollectionState extends CollectionStats {
  readonly damages: readonly FileDamage[];
}

export interface LiveCollection {
  readonly record: CollectionRecord;
  readonly collection: Collection;
}

type Opening =
  | {
      readonly kind: "open";
      readonly collection: Collection;
      /** What was found damaged since it began to open; it is served all the same. */
      readonly damages: readonly FileDamage[];
    }
  | { readonly kind: "damaged"; readonly damage: DamagedCollection };

/** Puts what the log had behind a snapshot into the log of the collection that is made. @returns its last LSN */
export type LogRestoring = (logDirectory: string, targetId: CollectionId) => Promise<number>;

interface Entry {
  readonly record: CollectionRecord;
  readonly opening: Promise<Opening>;
  /** What `opening` resolved to; undefined while the collection loads. */
  opened: Opening | undefined;
}

/** Collections that load at the same time at start. */
const parallelLoads = 4;

/**
 * The engine's collections of a process, from their opening to their close, with their records: this process alone
 * changes the catalog, so a request finds its collection without asking it.
 */
export class LiveCollections {
  readonly #options: LiveCollectionsOptions;
  readonly #entries = new Map<CollectionId, Entry>();
  readonly #idsByName = new Map<string, CollectionId>();
  readonly #restores = new Lanes<CollectionId>();
  #isClosing = false;

  constructor(options: LiveCollectionsOptions) {
    this.#options = options;
  }

  /** Opens every collection; requests for one that has not been reached yet wait for it. */
  async load(records: readonly CollectionRecord[]): Promise<void> {
    const waiting = records.map((record) => {
      const begun = Promise.withResolvers<void>();
      this.#admit(record, begun.promise);
      return { record, begin: begun.resolve };
    });
    const loadNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        next.begin();
        await this.#entries.get(next.record.id)?.opening;
      }
    };
    await Promise.all(Array.from({ length: parallelLoads }, loadNext));
  }

  /** @throws AkiDbError `not_found`, also for a collection of another database */
  find(databaseId: DatabaseId, nameOrId: string): CollectionRecord {
    const id = parseId<"collection">(nameOrId) ?? this.#idsByName.get(nameKey(databaseId, nameOrId));
    const record = id === undefined ? undefined : this.#entries.get(id)?.record;
    if (record?.databaseId !== databaseId) throw notFound(`collection ${JSON.stringify(nameOrId)}`);
    return record;
  }

  /**
   * The collection that {@link LiveCollections.find} finds, open.
   *
   * @throws AkiDbError `failed_precondition` for a damaged one, or what the deadline throws while it loads
   */
  async get(databaseId: DatabaseId, nameOrId: string, deadline: Deadline): Promise<LiveCollection> {
    const record = this.find(databaseId, nameOrId);
    const entry = this.#entries.get(record.id)!;
    const opened = entry.opened ?? (await orAborted(entry.opening, deadline));
    if (opened.kind === "open") return { record, collection: opened.collection };
    throw failedPrecondition(
      `collection "${record.name}" is damaged and is not served, while all others are (${opened.damage.reason})`,
    );
  }

  /** Without waiting: undefined while the collection loads. */
  peek(id: CollectionId): OpenCollectionState | DamagedCollection | undefined {
    const opened = this.#entries.get(id)?.opened;
    if (opened?.kind !== "open") return opened?.damage;
    return { ...opened.collection.stats(), damages: opened.damages };
  }

  readiness(): {
    readonly open: number;
    readonly loading: number;
    readonly damaged: readonly DamagedCollection[];
    readonly damages: readonly FoundDamage[];
  } {
    const opened = [...this.#entries.values()].map((entry) => entry.opened);
    return {
      open: opened.filter((opening) => opening?.kind === "open").length,
      loading: opened.filter((opening) => opening === undefined).length,
      damaged: opened.flatMap((opening) => (opening?.kind === "damaged" ? [opening.damage] : [])),
      damages: [...this.#entries.values()].flatMap(({ record, opened }) =>
        damagesOf(opened).map((damage) => ({ ...damage, collectionId: record.id, collection: record.name })),
      ),
    };
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
    const { directories, clock, log } = this.#options;
    const directory = directories.restoringPath(record.id);
    try {
      const lastLsn = await this.#restoreFiles(snapshot, { record, id: record.id, directory, restoreLog });
      const restore = { atMs: clock.nowMs(), lsn: lastLsn };
      // Where it is not known any more, no older snapshot may be brought further than it goes itself.
      const unknown = { ...restore, lsn: 0 };
      const restores = await readRestores(nodeDisk, directories.path(record.id)).catch(() => [unknown]);
      await writeRestores(nodeDisk, directory, [...restores, restore]);
      this.#requireServing();
    } catch (error) {
      await directories.abandonRestoring(record.id);
      throw error;
    }
    const entry = this.#entries.get(record.id);
    if (entry === undefined) {
      await directories.abandonRestoring(record.id);
      throw notFound(`collection ${JSON.stringify(record.name)}`);
    }
    const replaced = Promise.withResolvers<void>();
    const restored = this.#admit(record, replaced.promise);
    try {
      const opened = await entry.opening;
      // What it could not write is not wanted any more.
      if (opened.kind === "open") {
        await opened.collection
          .close()
          .catch((cause: unknown) => log({ kind: "close_failed", collection: record.name, cause }));
      }
      await directories.finishRestoring(record.id);
    } finally {
      replaced.resolve();
    }
    await restored.opening;
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
    const { clock, ids } = this.#options;
    let lastLsn = manifest.lsn;
    await restoreSnapshot({
      disk: nodeDisk,
      from,
      manifest,
      directory,
      collectionId: id,
      clock,
      ids,
      expected: shapeOf(record),
      ...(restoreLog !== undefined && {
        restoreLog: async (log) => {
          lastLsn = await restoreLog(log, id);
          return lastLsn;
        },
      }),
    });
    return lastLsn;
  }

  /** Opens a collection whose files were created and which the catalog has. */
  async add(record: CollectionRecord): Promise<void> {
    await this.#options.directories.finishCreation(record.id);
    await this.#admit(record).opening;
  }

  /**
   * Takes a collection out of service and removes its files.
   *
   * @param forget makes the catalog forget it; if it rejects, the collection is served again
   */
  async delete(record: CollectionRecord, forget: () => Promise<void>): Promise<void> {
    const { directories, log } = this.#options;
    const entry = this.#entries.get(record.id);
    if (entry === undefined) throw notFound(`collection ${JSON.stringify(record.name)}`);
    this.#entries.delete(record.id);
    this.#idsByName.delete(nameKey(record.databaseId, record.name));
    try {
      const opened = await entry.opening;
      if (opened.kind === "open") await opened.collection.close({ hasNoFuture: true });
      await directories.beginDeletion(record.id);
      await forget().catch(async (error: unknown) => {
        await directories.revokeDeletion(record.id);
        throw error;
      });
    } catch (error) {
      this.#admit(record);
      throw error;
    }
    // It is gone for good: what cannot be removed now is removed at the next start.
    await directories
      .finishDeletion(record.id)
      .catch((cause: unknown) => log({ kind: "cleanup_failed", directory: record.id, cause }));
    await this.#options.archives.removeObjects(record);
  }

  /** Sends what the archived logs have taken since the last time to the object store; what fails is tried again. */
  async archiveLogs(): Promise<void> {
    for (const { record, opened } of this.#entries.values()) {
      if (opened?.kind !== "open" || !isLogArchived(record)) continue;
      // The hook tells of failures, and a log that cannot be written shows in the collection's state.
      await opened.collection.handOverLog().catch(() => {});
    }
  }

  /** In the order of their making. */
  records(): readonly CollectionRecord[] {
    return [...this.#entries.values()].map(({ record }) => record).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  directoryOf({ id }: CollectionRecord): string {
    return this.#options.directories.path(id);
  }

  /** Waits for writes in flight, and for a restore that has begun. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#restores.idle();
    const openings = await Promise.all([...this.#entries.values()].map(({ opening }) => opening));
    const closings = openings.map((opened) =>
      opened.kind === "open" ? opened.collection.close() : undefined,
    );
    const failure = (await Promise.allSettled(closings)).find(({ status }) => status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
  }

  #admit(record: CollectionRecord, begun?: Promise<void>): Entry {
    const opening = this.#open(record, begun);
    const entry: Entry = { record, opening, opened: undefined };
    this.#entries.set(record.id, entry);
    this.#idsByName.set(nameKey(record.databaseId, record.name), record.id);
    void opening.then((opened) => {
      entry.opened = opened;
    });
    return entry;
  }

  async #open(record: CollectionRecord, begun?: Promise<void>): Promise<Opening> {
    const { directories, clock, ids, wal, hnsw, tuning, builders, documentWriter, limits, archives, log } =
      this.#options;
    const onSegmentClosed = archives.hookFor(record);
    await begun;
    const startMs = clock.monotonicMs();
    const damages: FileDamage[] = [];
    const found = (damage: FileDamage): void => {
      const isKnown = damages.some(({ file, problem }) => file === damage.file && problem === damage.problem);
      if (isKnown || damages.length >= damagesMax) return;
      damages.push(damage);
      log({ kind: "damage_found", collectionId: record.id, collection: record.name, ...damage });
    };
    const snapshots = new SnapshotDirectories(directories.path(record.id));
    await snapshots
      .removeLeftovers()
      .catch((cause: unknown) => log({ kind: "cleanup_failed", directory: record.id, cause }));
    try {
      const collection = await Collection.open({
        disk: nodeDisk,
        directory: directories.path(record.id),
        collectionId: record.id,
        clock,
        ids,
        dimension: record.dimension,
        metric: record.metric,
        maxDocumentCount: record.maxDocumentCount,
        metadataBytesMax: limits.metadataBytesMax,
        wal: { ...wal, retentionMs: record.walRetentionSeconds * 1_000 },
        documentWriter,
        ...(onSegmentClosed !== undefined && { onSegmentClosed }),
        graph: {
          builders,
          quantization: record.quantization,
          linksMax: record.hnswM,
          efConstruction: record.hnswEfConstruction,
          efSearch: hnsw.efSearch,
          threshold: hnsw.threshold,
          ...(tuning.segmentRowsMax !== undefined && { segmentRowsMax: tuning.segmentRowsMax }),
        },
        ...(tuning.checkpointPolicy !== undefined && { checkpointPolicy: tuning.checkpointPolicy }),
        recallChecksPerMinute: hnsw.recallChecksPerMinute,
        onDamage: (error) => found(readDamage(error)),
        onCheckpointFailure: (cause) => log({ kind: "checkpoint_failed", collection: record.name, cause }),
      });
      const { tornBytes, documents, damagedCheckpoints, coveredDamage } = collection.recovery;
      for (const { message: reason } of damagedCheckpoints) {
        log({ kind: "checkpoint_damaged", collection: record.name, reason });
      }
      for (const damage of coveredDamage) {
        log({ kind: "log_damage_covered", collection: record.name, ...damage });
      }
      if (tornBytes > 0) log({ kind: "torn_tail_dropped", collection: record.name, bytes: tornBytes });
      if (documents !== undefined) {
        const { damage, lostCount } = documents;
        const salvage = { reason: damage?.reason, quarantinedAs: damage?.quarantinedAs, lostCount };
        log({ kind: "documents_recovered", collection: record.name, ...salvage });
      }
      damages.push(...recoveryDamages(collection.recovery));
      for (const damage of await snapshotDamages(snapshots, record.name)) found(damage);
      const elapsedMs = clock.monotonicMs() - startMs;
      const { documentCount } = collection.stats();
      log({ kind: "collection_opened", collection: record.name, documentCount, elapsedMs });
      return { kind: "open", collection, damages };
    } catch (cause) {
      const reason = describeDamage(cause);
      const { file, reason: problem } = cause instanceof DamagedFileError ? cause : { file: "", reason };
      const damages = [refusalDamage(file, problem)];
      log({ kind: "collection_damaged", collection: record.name, reason, cause });
      return { kind: "damaged", damage: { id: record.id, name: record.name, reason, damages } };
    }
  }
}

/** More of a collection are not remembered: reads may meet one again and again. */
const damagesMax = 20;

function damagesOf(opened: Opening | undefined): readonly FileDamage[] {
  if (opened === undefined) return [];
  return opened.kind === "open" ? opened.damages : opened.damage.damages;
}

const nameKey = (databaseId: DatabaseId, name: string): string => `${databaseId}/${name}`;

/** Without paths of the machine. */
function describeDamage(cause: unknown): string {
  if (cause instanceof DamagedFileError) return cause.message;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? "its files cannot be read" : `its files cannot be read: ${code}`;
}
