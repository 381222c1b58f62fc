import {
  type Clock,
  type CollectionId,
  failedPrecondition,
  formatTimestamp,
  type IdGenerator,
  notFound,
  parseId,
  type SnapshotDownload,
  type SnapshotId,
  type SnapshotInfo,
  type SnapshotOrigin,
  toAkiDbError,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { DamagedFileError, nodeDisk, readSnapshotManifest, snapshotDocumentsFile } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import type { LiveCollection } from "../collections/liveCollections.ts";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";
import type { RestorableSnapshot } from "./restorableSnapshot.ts";
import type { SnapshotOptions } from "./snapshotOptions.ts";

export interface SnapshotsOptions {
  readonly directories: CollectionDirectories;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly snapshot: SnapshotOptions;
  readonly log: Log;
}

export interface SnapshotCreation {
  readonly begun: SnapshotInfo;
  /** Rejects where the snapshot could not be made; nothing is left of it then. */
  readonly finished: Promise<SnapshotInfo>;
}

/** The snapshots of all collections, each a directory that is complete once it has its name. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  /** Being created, or failed lately. */
  readonly #unfinished = new Map<SnapshotId, SnapshotInfo>();
  /** Of a collection, one creation at a time. */
  readonly #lanes = new Lanes<CollectionId>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** @param live let go of when the snapshot is finished, or has failed */
  async create(live: LiveCollection, origin: SnapshotOrigin = "manual"): Promise<SnapshotCreation> {
    const { record, collection } = live;
    const { clock, ids, snapshot, log } = this.#options;
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
    const finished = this.#lanes.run(record.id, async () => {
      try {
        const directory = await directories.beginCreation(id);
        await collection.writeSnapshot({
          directory,
          snapshotId: id,
          origin,
          compression: snapshot.compression,
          onProgress: (progress) => this.#unfinished.set(id, { ...begun, progress }),
        });
        await directories.finishCreation(id);
        this.#unfinished.delete(id);
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
      }
      return await this.#describe(record.id, id);
    });
    // Nobody need wait for it.
    finished.catch(() => {}).finally(() => live[Symbol.dispose]());
    return { begun, finished };
  }

  /** Whether a snapshot of the collection is coming or going. */
  isBusy(id: CollectionId): boolean {
    return this.#lanes.isBusy(id);
  }

  async list({ id }: CollectionRecord): Promise<readonly SnapshotInfo[]> {
    const ready = await this.#directoriesOf(id).list();
    const infos = await Promise.all(ready.map((snapshot) => this.#describe(id, snapshot)));
    const unfinished = [...this.#unfinished.values()].filter(({ collectionId }) => collectionId === id);
    // Identifiers are in order of time.
    return [...infos, ...unfinished].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async delete(record: CollectionRecord, reference: string): Promise<void> {
    const id = await this.#find(record, reference);
    await this.#lanes.run(record.id, () => this.#directoriesOf(record.id).delete(id));
  }

  /** @throws AkiDbError `not_found`; `failed_precondition` for one that is damaged or not ready */
  async require(record: CollectionRecord, reference: string): Promise<RestorableSnapshot> {
    const id = await this.#find(record, reference);
    const directory = this.#directoriesOf(record.id).path(id);
    const manifest = await readSnapshotManifest({ disk: nodeDisk, directory }).catch((error: unknown) => {
      if (error instanceof DamagedFileError)
        throw failedPrecondition(`snapshot ${id} is damaged: ${error.message}`);
      throw error;
    });
    return { directory, manifest };
  }

  async openDocuments(record: CollectionRecord, reference: string): Promise<SnapshotDownload> {
    const id = await this.#find(record, reference);
    return await this.#directoriesOf(record.id).openFile(id, snapshotDocumentsFile);
  }

  /** Waits for those in creation. */
  async close(): Promise<void> {
    await this.#lanes.idle();
  }

  async #find(record: CollectionRecord, reference: string): Promise<SnapshotId> {
    const id = parseId<"snapshot">(reference);
    const unfinished = id && this.#unfinished.get(id);
    if (unfinished?.collectionId === record.id && unfinished.state === "creating") {
      throw failedPrecondition(`snapshot ${id} is still being created`);
    }
    if (id === undefined || !(await this.#directoriesOf(record.id).list()).includes(id)) {
      throw notFound(`snapshot ${JSON.stringify(reference)}`);
    }
    return id;
  }

  async #describe(collectionId: CollectionId, id: SnapshotId): Promise<SnapshotInfo> {
    const directory = this.#directoriesOf(collectionId).path(id);
    try {
      const manifest = await readSnapshotManifest({ disk: nodeDisk, directory });
      return {
        id,
        collectionId,
        state: "ready",
        stateReason: null,
        origin: manifest.origin,
        progress: null,
        createdAt: formatTimestamp(manifest.createdAtMs),
        lsn: manifest.lsn,
        documentCount: manifest.documentCount,
        sizeBytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      const info = unfinished({ id, collectionId, createdAt: formatTimestamp(timeOf(id)), origin: null });
      return { ...info, state: "damaged", stateReason: error.message, progress: null };
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

const unfinished = (
  known: Pick<SnapshotInfo, "id" | "collectionId" | "createdAt" | "origin">,
): SnapshotInfo => ({
  ...known,
  state: "creating",
  stateReason: null,
  progress: 0,
  lsn: null,
  documentCount: null,
  sizeBytes: null,
});

/** The first 48 bits of a UUID v7 are milliseconds since 1970 (RFC 9562). */
const timeOf = (id: SnapshotId): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);
