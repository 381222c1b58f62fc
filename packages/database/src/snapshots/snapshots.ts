import {
  type Clock,
  type CollectionId,
  type Deadline,
  failedPrecondition,
  formatTimestamp,
  type IdGenerator,
  isAkiDbError,
  noDeadline,
  notFound,
  parseId,
  type SnapshotDownload,
  type SnapshotId,
  type SnapshotInfo,
  type SnapshotList,
  type SnapshotLocation,
  type SnapshotOrigin,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { DamagedFileError, nodeDisk, readSnapshotManifest, snapshotDocumentsFile } from "@akidb/engine";
import { DamagedObjectError, type ObjectInfo } from "@akidb/objects";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import { inParallel } from "../collections/inParallel.ts";
import type { LiveCollection } from "../collections/liveCollections.ts";
import type { DeadLetters } from "../deadLetters/deadLetters.ts";
import { wasTried } from "../deadLetters/wasTried.ts";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";
import type { TenantStorage } from "../quotas/tenantStorage.ts";
import { recorded, type Span } from "../telemetry/span.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { copyRefusal } from "./copyRefusal.ts";
import type { RestorableSnapshot } from "./restorableSnapshot.ts";
import type { SnapshotOptions } from "./snapshotOptions.ts";
import type { StoredSnapshots } from "./storedSnapshots.ts";

/** Looked at, at the same time. */
const directoriesAtOnce = 16;

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
  readonly #options: SnapshotsOptions;
  /** Being created, or failed lately. */
  readonly #unfinished = new Map<SnapshotId, SnapshotInfo>();
  /** Of a collection, one creation at a time. */
  readonly #lanes = new Lanes<CollectionId>();
  /** To and from the object store: of a collection, one snapshot at a time. */
  readonly #transfers = new Lanes<CollectionId>();
  readonly #transferAborts = new Map<CollectionId, AbortController>();
  /** Collections of which the object store has all that the policy wants there. */
  readonly #uploaded = new Set<CollectionId>();
  /** Whose files are written, or kept for whoever reads them. */
  readonly #making = new Set<SnapshotId>();
  /** Damaged here, as their upload found. */
  readonly #unsendable = new Set<SnapshotId>();
  #newestAtMs: number | undefined;
  #looked: Promise<void> | undefined;
  #isClosing = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
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
    const begun = unfinished({
      id,
      collectionId: record.id,
      createdAt: formatTimestamp(clock.nowMs()),
      origin,
    });
    this.#unfinished.set(id, begun);
    this.#forgetFailed(record.id);
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
          onProgress: (progress) => this.#unfinished.set(id, { ...begun, progress }),
          onStage: ({ name, startMs: fromMs, durationMs }) =>
            span?.begin(name, fromMs).end(fromMs + durationMs),
        });
        await directories.finishCreation(id);
        telemetry.meter.snapshotCreated(clock.monotonicMs() - startMs);
        this.#noteNewest(id);
      } catch (error) {
        await directories.abandonCreation(id).catch(() => {});
        log({ kind: "snapshot_failed", collection: record.name, cause: error });
        this.#unfinished.set(id, {
          ...begun,
          state: "failed",
          stateReason: toAkiDbError(error).message,
          progress: null,
        });
        throw error;
      } finally {
        this.#making.delete(id);
      }
      if (upload === "first") await this.#uploadFirst(record, begun, span);
      this.#unfinished.delete(id);
      this.#uploaded.delete(record.id);
      if (upload === "as policy") void this.uploadWanted(record);
      return await this.#describe(record.id, id, upload === "first" ? "both" : "local");
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

  /**
   * When the last snapshot was begun of those that are on this machine or were made since the start; undefined where there
   * is none. Directories are looked at once.
   */
  async newestAtMs(records: readonly CollectionRecord[]): Promise<number | undefined> {
    this.#looked ??= inParallel(directoriesAtOnce, [...records], async ({ id }) => {
      const newest = (
        await this.#directoriesOf(id)
          .list()
          .catch(() => [])
      ).at(-1);
      if (newest !== undefined) this.#noteNewest(newest);
    });
    await this.#looked;
    return this.#newestAtMs;
  }

  #noteNewest(id: SnapshotId): void {
    this.#newestAtMs = Math.max(this.#newestAtMs ?? 0, timeOf(id));
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
      elsewhere.map((snapshot) => this.#describe(id, snapshot, "object_store").catch(undefinedIfGone)),
    );
    const located = local.map((info) =>
      stored.has(info.id as SnapshotId) ? { ...info, location: "both" as const } : info,
    );
    return sorted([...located, ...infos.filter((info) => info !== undefined)]);
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
    const unfinished = [...this.#unfinished.values()].filter(({ collectionId }) => collectionId === id);
    const ids: ReadonlySet<string> = new Set(unfinished.map((info) => info.id));
    const finished = ready.filter((snapshot) => !ids.has(snapshot));
    const infos = await Promise.all(finished.map((snapshot) => this.#describe(id, snapshot, "local")));
    return sorted([...infos, ...unfinished]);
  }

  /**
   * Sends what the collection's policy wants in the object store and is not there; what fails is noted, and left here.
   *
   * @returns whether nothing is left
   */
  async uploadWanted(record: CollectionRecord): Promise<boolean> {
    const { id, tieringPolicy, syncPolicy } = record;
    if (tieringPolicy === "memory" || syncPolicy === "manual") return true;
    if (this.#isClosing) return false;
    if (this.#uploaded.has(id) && !this.#transfers.isBusy(id)) return true;
    await this.#transfer(record, async (deadline) => {
      if (this.#uploaded.has(id)) return;
      // Before it is looked: what is created meanwhile takes it back.
      this.#uploaded.add(id);
      const local = await this.listLocal(record);
      const wanted = local.filter(
        (info) =>
          info.state === "ready" &&
          (syncPolicy === "continuous" || info.origin === "scheduled") &&
          !this.#unsendable.has(info.id as SnapshotId),
      );
      for (const info of wanted) await this.#uploadOne(record, info.id as SnapshotId, deadline);
      if (this.#uploaded.has(id)) this.#options.deadLetters.settleAll(id, "upload_snapshot");
    }).catch((cause: unknown) => {
      this.#uploaded.delete(id);
      if (!this.#isClosing)
        this.#options.log({ kind: "snapshot_upload_failed", collection: record.name, cause });
    });
    return this.#uploaded.has(id);
  }

  /** Never rejects: the others have their turn. */
  async #uploadOne(record: CollectionRecord, snapshot: SnapshotId, deadline: Deadline): Promise<void> {
    const { deadLetters, log } = this.#options;
    const { id: collectionId, name: collection } = record;
    const work = { operation: "upload_snapshot", collectionId, collection, key: snapshot } as const;
    try {
      await deadLetters.attempt(work, async () => {
        // Asked one by one: a list may still show one whose deletion was cut off before it was deleted here.
        if (!(await this.isStored(record, snapshot))) await this.#uploadIfWhole(record, snapshot, deadline);
      });
    } catch (cause) {
      this.#uploaded.delete(collectionId);
      if (!this.#isClosing && wasTried(cause)) log({ kind: "snapshot_upload_failed", collection, cause });
    }
  }

  /** What the collection's policy wants in the object store may be another now. */
  forgetUploads(id: CollectionId): void {
    this.#uploaded.delete(id);
  }

  /** Of these collections, one after the other. */
  async uploadAllWanted(records: readonly CollectionRecord[]): Promise<void> {
    for (const record of records) await this.uploadWanted(record);
  }

  /** While `work` runs, no snapshot of the collection is made or deleted: what it is of stays what it is. */
  withoutCreations<T>({ id }: Pick<CollectionRecord, "id">, work: () => Promise<T>): Promise<T> {
    return this.#lanes.run(id, work);
  }

  /**
   * In turn with all else of the collection that goes to the object store or comes from there.
   *
   * @param work ends early where the deadline says that the collection is being deleted, or everything closed
   */
  inTransfer<T>(record: CollectionRecord, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    return this.#transfer(record, work);
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
    await this.#transfer(record, async () => {
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
    await this.#transfer(record, async () => {
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
    this.#abortOf(id).abort(unavailable("the collection is being deleted"));
    return await this.#transfers.run(id, async () => {
      this.#transferAborts.delete(id);
      this.#uploaded.delete(id);
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
      this.#transfer(record, async () => {
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
    this.#isClosing = true;
    for (const abort of this.#transferAborts.values()) abort.abort(unavailable("the database is closing"));
  }

  /** Waits for those in creation. */
  async close(): Promise<void> {
    this.stop();
    await this.#lanes.idle();
    await this.#transfers.idle();
  }

  /** Before it counts as ready: who asked for it is told if that fails, and finds it on this machine. */
  async #uploadFirst(record: CollectionRecord, begun: SnapshotInfo, parent: Span | undefined): Promise<void> {
    const id = begun.id as SnapshotId;
    try {
      await this.#transfer(record, (deadline) => this.#upload(record, id, { deadline, parent }));
    } catch (cause) {
      this.#options.log({ kind: "snapshot_upload_failed", collection: record.name, cause });
      const stateReason = `it is whole on this machine, and was not stored: ${toAkiDbError(cause).message}`;
      this.#unfinished.set(id, { ...begun, state: "failed", stateReason, progress: null });
      throw cause;
    }
  }

  /** One whose files are not what was written is not sent again and again up to where that shows. */
  async #uploadIfWhole(record: CollectionRecord, id: SnapshotId, deadline: Deadline): Promise<void> {
    try {
      await this.#upload(record, id, { deadline, parent: undefined });
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      const isDamaged = cause instanceof DamagedFileError || code === "ENOENT" || code === "EIO";
      if (!isDamaged && !(isAkiDbError(cause) && cause.code === "invalid_argument")) throw cause;
      this.#unsendable.add(id);
      this.#options.log({ kind: "snapshot_upload_failed", collection: record.name, cause });
    }
  }

  async #upload(
    { id: collectionId }: CollectionRecord,
    id: SnapshotId,
    { deadline, parent }: { readonly deadline: Deadline; readonly parent: Span | undefined },
  ): Promise<void> {
    const { stored, telemetry } = this.#options;
    const directory = this.#directoriesOf(collectionId).path(id);
    const span = parent?.begin("upload") ?? telemetry.tracer.begin("upload");
    span?.set({ "akidb.collection_id": collectionId });
    await recorded(span, () => stored.upload({ collectionId, id, directory }, deadline));
  }

  #transfer<T>(record: CollectionRecord, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    return this.#transfers.run(record.id, () => {
      if (this.#isClosing) throw unavailable("the database is closing");
      return work(noDeadline(this.#abortOf(record.id).signal));
    });
  }

  #abortOf(id: CollectionId): AbortController {
    const known = this.#transferAborts.get(id);
    if (known !== undefined) return known;
    const abort = new AbortController();
    this.#transferAborts.set(id, abort);
    return abort;
  }

  /** On this machine; one that is only in the object store is brought here. */
  async #findHere(record: CollectionRecord, reference: string): Promise<SnapshotId> {
    const id = await this.#find(record, reference);
    const directories = this.#directoriesOf(record.id);
    const isHere = async () => (await directories.list()).includes(id);
    if (await isHere()) return id;
    await this.#transfer(record, async (deadline) => {
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
    const unfinished = id && this.#unfinished.get(id);
    if (unfinished?.collectionId === record.id && unfinished.state === "creating") {
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

  async #describe(
    collectionId: CollectionId,
    id: SnapshotId,
    location: SnapshotLocation,
  ): Promise<SnapshotInfo> {
    const directory = this.#directoriesOf(collectionId).path(id);
    try {
      const manifest =
        location === "object_store"
          ? await this.#options.stored.manifest(collectionId, id)
          : await readSnapshotManifest({ disk: nodeDisk, directory });
      return {
        id,
        collectionId,
        state: "ready",
        stateReason: null,
        origin: manifest.origin,
        location,
        progress: null,
        createdAt: formatTimestamp(manifest.createdAtMs),
        lsn: manifest.lsn,
        documentCount: manifest.documentCount,
        sizeBytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    } catch (error) {
      if (!(error instanceof DamagedFileError || error instanceof DamagedObjectError)) throw error;
      const info = unfinished({ id, collectionId, createdAt: formatTimestamp(timeOf(id)), origin: null });
      return { ...info, location, state: "damaged", stateReason: error.message, progress: null };
    }
  }

  #forgetFailed(id: CollectionId): void {
    for (const info of [...this.#unfinished.values()]) {
      if (info.collectionId === id && info.state === "failed") this.#unfinished.delete(info.id as SnapshotId);
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

/** Identifiers are in order of time. */
const sorted = (infos: readonly SnapshotInfo[]): readonly SnapshotInfo[] =>
  infos.toSorted((a, b) => (a.id < b.id ? -1 : 1));

const unfinished = (
  known: Pick<SnapshotInfo, "id" | "collectionId" | "createdAt" | "origin">,
): SnapshotInfo => ({
  ...known,
  location: "local",
  state: "creating",
  stateReason: null,
  progress: 0,
  lsn: null,
  documentCount: null,
  sizeBytes: null,
});

/** The first 48 bits of a UUID v7 are milliseconds since 1970 (RFC 9562). */
const timeOf = (id: SnapshotId): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);
