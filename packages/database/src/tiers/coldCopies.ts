import { isAkiDbError, type SnapshotId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk, readSnapshotManifest, type SnapshotManifest } from "@akidb/engine";
import { DamagedObjectError } from "@akidb/objects";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import { copyRefusal } from "../snapshots/copyRefusal.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { StoredSnapshots } from "../snapshots/storedSnapshots.ts";
import { inSpan, type Span } from "../telemetry/span.ts";

export interface ColdCopiesOptions {
  readonly snapshots: Snapshots;
  readonly stored: StoredSnapshots;
  readonly directories: CollectionDirectories;
  /** That a collection takes another amount of disk. */
  readonly onFreed: (record: CollectionRecord) => void;
}

/** Snapshots as what cold collections consist of: sent, read back, fetched, and kept in the object store alone. */
export class ColdCopies {
  readonly #options: ColdCopiesOptions;

  constructor(options: ColdCopiesOptions) {
    this.#options = options;
  }

  /**
   * Sends a snapshot that is on this machine, where the store has not got it, whatever the collection's sync policy says.
   *
   * @throws what the store rejects with, and DamagedFileError
   */
  async send(record: CollectionRecord, id: SnapshotId, parent?: Span): Promise<void> {
    const { snapshots, stored, directories } = this.#options;
    await snapshots.transfers.run(record, async (deadline) => {
      if (await stored.has(record.id, id)) return;
      const directory = new SnapshotDirectories(directories.path(record.id)).path(id);
      await inSpan(parent, "upload", () =>
        stored.upload({ collectionId: record.id, id, directory }, deadline),
      );
    });
  }

  /**
   * Reads all that the store has of it.
   *
   * @throws AkiDbError `not_found`; `failed_precondition` where it is damaged there
   */
  async verify(record: CollectionRecord, id: SnapshotId): Promise<SnapshotManifest> {
    const { snapshots, stored } = this.#options;
    return await snapshots.transfers.run(record, async (deadline) => {
      try {
        return await stored.verify(record.id, id, deadline);
      } catch (error) {
        throw copyRefusal(id, error);
      }
    });
  }

  /**
   * What the store says of it, without its files.
   *
   * @returns undefined where it is not whole there
   */
  async manifest(
    { id: collectionId }: CollectionRecord,
    id: SnapshotId,
  ): Promise<SnapshotManifest | undefined> {
    try {
      return await this.#options.stored.manifest(collectionId, id);
    } catch (error) {
      const isMissing = isAkiDbError(error) && error.code === "not_found";
      if (isMissing || error instanceof DamagedObjectError) return undefined;
      throw error;
    }
  }

  /** Brings it to this machine for as long as `work` reads it; the collection stays where it is. */
  async whileHere<T>(
    record: CollectionRecord,
    id: SnapshotId,
    work: (snapshot: RestorableSnapshot) => Promise<T>,
  ): Promise<T> {
    const snapshot = await this.#options.snapshots.require(record, id);
    try {
      return await work(snapshot);
    } finally {
      // What cannot be removed now takes room, and is listed.
      await this.keepInStoreAlone(record).catch(() => {});
    }
  }

  /** @returns undefined where it is not whole on this machine */
  async localManifest(record: CollectionRecord, id: SnapshotId): Promise<SnapshotManifest | undefined> {
    const local = new SnapshotDirectories(this.#options.directories.path(record.id));
    if (!(await local.list()).includes(id)) return undefined;
    return await readSnapshotManifest({ disk: nodeDisk, directory: local.path(id) }).catch(() => undefined);
  }

  /** Removes what the store has of one that was never whole there. */
  async removePartly(record: CollectionRecord, id: SnapshotId): Promise<void> {
    const { snapshots, stored } = this.#options;
    await snapshots.transfers.run(record, () => stored.delete(record.id, id));
  }

  /** Removes snapshots from this machine that the store has, too. */
  async keepInStoreAlone(record: CollectionRecord): Promise<void> {
    const { snapshots, stored, directories, onFreed } = this.#options;
    const local = new SnapshotDirectories(directories.path(record.id));
    await snapshots.transfers.run(record, async () => {
      for (const id of await local.list()) {
        if (await stored.has(record.id, id)) await local.delete(id);
      }
    });
    onFreed(record);
  }
}
