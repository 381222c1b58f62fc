import {
  type Clock,
  type CollectionId,
  failedPrecondition,
  formatTimestamp,
  type IdGenerator,
  isAkiDbError,
  notFound,
  parseId,
  type SnapshotDownload,
  type SnapshotId,
  type SnapshotInfo,
  type SnapshotList,
  type SnapshotOrigin,
  toAkiDbError,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { DamagedFileError, nodeDisk, readSnapshotManifest, snapshotDocumentsFile } from "@akidb/engine";
import { DamagedObjectError, type ObjectInfo } from "@akidb/objects";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import type { LiveCollection } from "../collections/liveCollections.ts";
import type { DeadLetters } from "../deadLetters/deadLetters.ts";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";
import type { TenantStorage } from "../quotas/tenantStorage.ts";
import { recorded, type Span } from "../telemetry/span.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { CollectionTransfers } from "./collectionTransfers.ts";
import { copyRefusal } from "./copyRefusal.ts";
import { NewestSnapshot } from "./newestSnapshot.ts";
import type { RestorableSnapshot } from "./restorableSnapshot.ts";
import { byAge, damagedInfo, readyInfo, type SnapshotPlace } from "./snapshotInfo.ts";
import type { SnapshotOptions } from "./snapshotOptions.ts";
import { SnapshotUploads } from "./snapshotUploads.ts";
import type { StoredSnapshots } from "./storedSnapshots.ts";
import { UnfinishedSnapshots } from "./unfinishedSnapshots.ts";

export interface SnapshotsOptions {
  readonly directories: CollectionDirectories;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly snapshot: SnapshotOptions;
  readonly stored: StoredSnapshots;
  /** What could not be sent is noted there, and tried again. */
  readonly deadLetters: DeadLetters;
  /** The disk that the collection's tenant may take. */
  readonly storageOf: (record: CollectionRecord) => TenantStorage;
  /** Whether a collection consists of it, or may again. */
  readonly isHeld: (collectionId: CollectionId, id: SnapshotId) => boolean;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

export interface SnapshotRequest {
  /** `manual` if absent. */
  readonly origin?: SnapshotOrigin;
  /** To the object store: `as policy` if absent, after it is ready; `first` before; `never`. */
  readonly upload?: "as policy" | "first" | "never";
  /** Of the request; a trace of its own if absent. */
  readonly span?: Span | undefined;
}

export interface SnapshotCreation {
  readonly begun: SnapshotInfo;
  /** Rejects where the snapshot could not be made, and nothing is left of it then, or not sent as asked for. */
  readonly finished: Promise<SnapshotInfo>;
}

/**
 * The snapshots of all collections, each a directory that is complete once it has its name, and of collections that may
 * use it, copies in the object store.
 */
export class Snapshots {
  readonly transfers = new CollectionTransfers();
  readonly uploads: SnapshotUploads;
  readonly newest: NewestSnapshot;
  readonly #options: SnapshotsOptions;
  readonly #unfinished = new UnfinishedSnapshots();
  /** Of a collection, one creation at a time. */
  readonly #lanes = new Lanes<CollectionId>();
  /** Whose files are written, or kept for whoever reads them. */
  readonly #making = new Set<SnapshotId>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    const { transfers } = this;
    this.uploads = new SnapshotUploads({
      ...options,
      transfers,
      listLocal: (record) => this.listLocal(record),
    });
    this.newest = new NewestSnapshot(({ id }) => this.#directoriesOf(id).list());
  }

  /**
   * @param live let go of when the snapshot is finished, or has failed
   * @throws AkiDbError `quota_exceeded`, where nothing is begun
   */
  async create(
    live: LiveCollection,
    { origin = "manual", upload = "as policy", span: parent }: SnapshotRequest = {},
  ): Promise<SnapshotCreation> {
    const { record, collection } = live;
    const { clock, ids, snapshot, log, storageOf, telemetry } = this.#options;
    const space = await storageOf(record)
      .makeRoom(collection.snapshotBytes)
      .catch((error: unknown) => {
        live[Symbol.dispose]();
        throw error;
      });
    const id = ids.next<"snapshot">();
    const createdAt = formatTimestamp(clock.nowMs());
    const begun = this.#unfinished.begin({ id, collectionId: record.id, createdAt, origin });
    const directories = this.#directoriesOf(record.id);
    const span = parent?.begin("snapshot") ?? telemetry.tracer.begin("snapshot");
    span?.set({ "akidb.operation": "createSnapshot", "akidb.collection_id": record.id });
    const create = async () => {
      const startMs = clock.monotonicMs();
      this.#making.add(id);
      try {
        const directory = await directories.beginCreation(id);
        await collection.snapshots.write({
          directory,
          snapshotId: id,
          generation: record.generation,
          origin,
          compression: snapshot.compression,
          onProgress: (progress) => this.#unfinished.goesOn(begun, progress),
          onStage: ({ name, startMs: fromMs, durationMs }) =>
            span?.begin(name, fromMs).end(fromMs + durationMs),
        });
        await directories.finishCreation(id);
        telemetry.meter.snapshotCreated(clock.monotonicMs() - startMs);
        this.newest.note(id);
      } catch (error) {
        await directories.abandonCreation(id).catch(() => {});
        log({ kind: "snapshot_failed", collection: record.name, cause: error });
        this.#unfinished.fail(begun, toAkiDbError(error).message);
        throw error;
      } finally {
        this.#making.delete(id);
      }
      if (upload === "first") await this.#uploadFirst(record, begun, span);
      this.#unfinished.finish(begun);
      this.uploads.forget(record.id);
      if (upload === "as policy") void this.uploads.sendWanted(record);
      const location = upload === "first" ? "both" : "local";
      return await this.#describe({ collectionId: record.id, id, location });
    };
    const finished = this.#lanes.run(record.id, () => recorded(span, create));
    // Nobody need wait for it.
    finished
      .catch(() => {})
      .finally(() => {
        space[Symbol.dispose]();
        live[Symbol.dispose]();
      });
    return { begun, finished };
  }

  /**
   * Keeps the collection as it is at one moment for as long as `work` reads it. That is no snapshot of the collection's
   * own: nothing lists or sends it, and what a crash leaves of it goes with the next start.
   *
   * @param live let go of when all is written, before `work` begins
   */
  async whileKept<T>(
    live: LiveCollection,
    onProgress: (progress: number) => void,
    work: (snapshot: RestorableSnapshot) => Promise<T>,
  ): Promise<T> {
    const { record, collection } = live;
    const id = this.#options.ids.next<"snapshot">();
    const directories = this.#directoriesOf(record.id);
    this.#making.add(id);
    try {
      const snapshot = await this.#lanes.run(record.id, async () => {
        const directory = await directories.beginCreation(id);
        const { compression } = this.#options.snapshot;
        const manifest = await collection.snapshots.write({
          directory,
          snapshotId: id,
          generation: record.generation,
          origin: "manual",
          compression,
          isPassing: true,
          onProgress,
        });
        return { directory, manifest };
      });
      live[Symbol.dispose]();
      return await work(snapshot);
    } finally {
      live[Symbol.dispose]();
      await directories.abandonCreation(id).catch(() => {});
      this.#making.delete(id);
    }
  }

  /** Whether a snapshot of the collection is coming or going. */
  isBusy(id: CollectionId): boolean {
    return this.#lanes.isBusy(id);
  }

  /** @throws AkiDbError what the object store rejects with, if the collection may use it */
  async list(record: CollectionRecord): Promise<readonly SnapshotInfo[]> {
    const { id, tieringPolicy } = record;
    const local = await this.listLocal(record);
    if (tieringPolicy === "memory") return local;
    const stored = await this.#options.stored.list(id);
    const isHere: ReadonlySet<string> = new Set(local.map((info) => info.id));
    const elsewhere = [...stored].filter((snapshot) => !isHere.has(snapshot));
    const infos = await Promise.all(
      elsewhere.map((snapshot) =>
        this.#describe({ collectionId: id, id: snapshot, location: "object_store" }).catch(undefinedIfGone),
      ),
    );
    const located = local.map((info) =>
      stored.has(info.id as SnapshotId) ? { ...info, location: "both" as const } : info,
    );
    return byAge([...located, ...infos.filter((info) => info !== undefined)]);
  }

  /** Whether the object store has it for certain: a list may be behind. */
  async isStored({ id, tieringPolicy }: CollectionRecord, snapshot: SnapshotId): Promise<boolean> {
    return tieringPolicy !== "memory" && (await this.#options.stored.has(id, snapshot));
  }

  /** The same, or those on this machine alone, and why. */
  async listReachable(record: CollectionRecord): Promise<SnapshotList> {
    try {
      return { items: await this.list(record), objectStoreProblem: null };
    } catch (error) {
      if (!isAkiDbError(error)) throw error;
      return { items: await this.listLocal(record), objectStoreProblem: error.message };
    }
  }

  /** Those on this machine, all as if they were nowhere else. */
  async listLocal({ id }: CollectionRecord): Promise<readonly SnapshotInfo[]> {
    const ready = await this.#directoriesOf(id).list();
    const unfinished = this.#unfinished.of(id);
    const ids: ReadonlySet<string> = new Set(unfinished.map((info) => info.id));
    const finished = ready.filter((snapshot) => !ids.has(snapshot));
    const infos = await Promise.all(
      finished.map((snapshot) => this.#describe({ collectionId: id, id: snapshot, location: "local" })),
    );
    return byAge([...infos, ...unfinished]);
  }

  /** As {@link SnapshotUploads.sendWanted}, of these collections one after the other. */
  async uploadAllWanted(records: readonly CollectionRecord[]): Promise<void> {
    for (const record of records) await this.uploads.sendWanted(record);
  }

  /** While `work` runs, no snapshot of the collection is made or deleted: what it is of stays what it is. */
  withoutCreations<T>({ id }: Pick<CollectionRecord, "id">, work: () => Promise<T>): Promise<T> {
    return this.#lanes.run(id, work);
  }

  /**
   * Objects of the collection's snapshots that are not whole in the object store and not on this machine, from where they would
   * be sent again; while `work` has them, nothing goes there.
   *
   * @param work is given those of one, and the prefix of their keys
   */
  async withoutManifest(
    record: CollectionRecord,
    work: (objects: readonly ObjectInfo[], prefix: string) => Promise<void>,
  ): Promise<void> {
    await this.transfers.run(record, async () => {
      const isHere = new Set(await this.#directoriesOf(record.id).list());
      for (const [id, objects] of await this.#options.stored.withoutManifest(record.id)) {
        if (!isHere.has(id)) await work(objects, `collections/${record.id}/snapshots/${id}/`);
      }
    });
  }

  /**
   * What crashes have left of snapshots on this machine, and nobody makes or reads; while `work` has it, none is fetched.
   *
   * @param work is given the path of one, below the data directory, and what removes it
   */
  async leftovers(
    record: CollectionRecord,
    work: (name: string, remove: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    await this.transfers.run(record, async () => {
      const directories = this.#directoriesOf(record.id);
      for (const [name, id] of await directories.passing()) {
        if (this.#making.has(id)) continue;
        await work(`collections/${record.id}/snapshots/${name}`, () => directories.removePassing(name));
      }
    });
  }

  /** While `work` runs, nothing of the collection goes to the object store or comes from there. */
  async withoutTransfers<T>({ id, tieringPolicy }: CollectionRecord, work: () => Promise<T>): Promise<T> {
    if (tieringPolicy === "memory") return await work();
    return await this.transfers.without({ id }, async () => {
      this.uploads.forget(id);
      return await work();
    });
  }

  /** Whether it must stay, because of the tier of the collection. */
  isHeld(record: CollectionRecord, id: string): boolean {
    return this.#options.isHeld(record.id, id as SnapshotId);
  }

  /** @throws AkiDbError `not_found`; `failed_precondition` for one that is all that there is of a cold collection */
  async delete(record: CollectionRecord, reference: string): Promise<void> {
    const id = await this.#find(record, reference);
    await this.#lanes.run(record.id, () =>
      this.transfers.run(record, async () => {
        if (this.isHeld(record, id)) throw stillHeld(id);
        // In the object store first: one that is still here would be sent again.
        if (record.tieringPolicy !== "memory") await this.#options.stored.delete(record.id, id);
        const directories = this.#directoriesOf(record.id);
        if ((await directories.list()).includes(id)) await directories.delete(id);
        this.#options.storageOf(record).changed(record.id);
      }),
    );
  }

  /** @throws AkiDbError `not_found`; `failed_precondition` for one that is damaged or not ready */
  async require(record: CollectionRecord, reference: string): Promise<RestorableSnapshot> {
    const id = await this.#findHere(record, reference);
    const directory = this.#directoriesOf(record.id).path(id);
    const manifest = await readSnapshotManifest({ disk: nodeDisk, directory }).catch((error: unknown) => {
      if (error instanceof DamagedFileError)
        throw failedPrecondition(`snapshot ${id} is damaged: ${error.message}`);
      throw error;
    });
    return { directory, manifest };
  }

  async openDocuments(record: CollectionRecord, reference: string): Promise<SnapshotDownload> {
    const id = await this.#findHere(record, reference);
    return await this.#directoriesOf(record.id).openFile(id, snapshotDocumentsFile);
  }

  /** Ends what is on its way to the object store, which is sent again after the next start, or comes from there. */
  stop(): void {
    this.transfers.stop();
  }

  /** Waits for those in creation. */
  async close(): Promise<void> {
    this.stop();
    await this.#lanes.idle();
    await this.transfers.idle();
  }

  /** Before it counts as ready: who asked for it is told if that fails, and finds it on this machine. */
  async #uploadFirst(record: CollectionRecord, begun: SnapshotInfo, parent: Span | undefined): Promise<void> {
    try {
      await this.uploads.send(record, begun.id as SnapshotId, parent);
    } catch (cause) {
      this.#options.log({ kind: "snapshot_upload_failed", collection: record.name, cause });
      const stateReason = `it is whole on this machine, and was not stored: ${toAkiDbError(cause).message}`;
      this.#unfinished.fail(begun, stateReason);
      throw cause;
    }
  }

  /** On this machine; one that is only in the object store is brought here. */
  async #findHere(record: CollectionRecord, reference: string): Promise<SnapshotId> {
    const id = await this.#find(record, reference);
    const directories = this.#directoriesOf(record.id);
    const isHere = async () => (await directories.list()).includes(id);
    if (await isHere()) return id;
    await this.transfers.run(record, async (deadline) => {
      if (await isHere()) return;
      // The collection may be gone by now, and its directory must not come back.
      if (!(await this.#isThere(record, id))) throw notFound(`snapshot ${JSON.stringify(reference)}`);
      try {
        const directory = await directories.beginDownload(id);
        await this.#options.stored.download({ collectionId: record.id, id, directory }, deadline);
        await directories.finishDownload(id);
      } catch (error) {
        await directories.abandonDownload(id).catch(() => {});
        throw copyRefusal(id, error);
      }
    });
    return id;
  }

  async #find(record: CollectionRecord, reference: string): Promise<SnapshotId> {
    const id = parseId<"snapshot">(reference);
    if (id !== undefined && this.#unfinished.isCreating(record.id, id)) {
      throw failedPrecondition(`snapshot ${id} is still being created`);
    }
    const isThere = id !== undefined && (await this.#isThere(record, id));
    if (!isThere) throw notFound(`snapshot ${JSON.stringify(reference)}`);
    return id;
  }

  async #isThere({ id: collectionId, tieringPolicy }: CollectionRecord, id: SnapshotId): Promise<boolean> {
    if ((await this.#directoriesOf(collectionId).list()).includes(id)) return true;
    return tieringPolicy !== "memory" && (await this.#options.stored.has(collectionId, id));
  }

  async #describe(place: SnapshotPlace): Promise<SnapshotInfo> {
    const { collectionId, id, location } = place;
    const directory = this.#directoriesOf(collectionId).path(id);
    try {
      const manifest =
        location === "object_store"
          ? await this.#options.stored.manifest(collectionId, id)
          : await readSnapshotManifest({ disk: nodeDisk, directory });
      return readyInfo(place, manifest);
    } catch (error) {
      if (!(error instanceof DamagedFileError || error instanceof DamagedObjectError)) throw error;
      return damagedInfo(place, error.message);
    }
  }

  #directoriesOf(id: CollectionId): SnapshotDirectories {
    return new SnapshotDirectories(this.#options.directories.path(id));
  }
}

const stillHeld = (id: SnapshotId) =>
  failedPrecondition(
    `snapshot ${id} is what the collection consists of in the object store, or goes back to; ` +
      "promote_to_hot brings the collection back for good",
  );

/** What a list still shows, or what was deleted since. */
function undefinedIfGone(error: unknown): undefined {
  if (isAkiDbError(error) && error.code === "not_found") return undefined;
  throw error;
}
