import type { Clock, CollectionId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { readRestores, writeRestores } from "../archive/restores.ts";
import { Lanes } from "../lanes.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import { writeColdCopy } from "../tiers/coldCopy.ts";
import type { CollectionTiers } from "../tiers/collectionTiers.ts";
import type { CollectionOpener } from "./collectionOpener.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { LogRestoring, RestoredFiles } from "./restoredFiles.ts";
import type { ServedSlots } from "./servedSlots.ts";

export interface CollectionRestoresOptions {
  readonly slots: ServedSlots;
  readonly restored: RestoredFiles;
  readonly opener: CollectionOpener;
  readonly directories: CollectionDirectories;
  readonly tiers: CollectionTiers;
  readonly clock: Clock;
  /** Aborted once everything is being closed. */
  readonly closing: AbortSignal;
}

/** Collections made what they were: one change at a time of what a collection's files, or its record, are. */
export class CollectionRestores {
  readonly #options: CollectionRestoresOptions;
  readonly #lanes = new Lanes<CollectionId>();

  constructor(options: CollectionRestoresOptions) {
    this.#options = options;
  }

  /**
   * Whatever restores a snapshot of a collection waits for what does so already: each makes files under the same name, and
   * leaves another log behind.
   *
   * @throws AkiDbError `unavailable` where everything is being closed
   */
  inTurn<T>({ id }: CollectionRecord, work: () => Promise<T>): Promise<T> {
    return this.#lanes.run(id, async () => {
      this.#options.closing.throwIfAborted();
      return await work();
    });
  }

  /** In turn. Makes a collection what it was; requests wait meanwhile. If it fails, the collection is as before. */
  async restore(
    record: CollectionRecord,
    snapshot: RestorableSnapshot,
    restoreLog?: LogRestoring,
  ): Promise<void> {
    const { slots, opener, directories, tiers } = this.#options;
    let slot: CollectionSlot;
    try {
      await this.#makeFiles(record, snapshot, restoreLog);
      this.#options.closing.throwIfAborted();
      slot = slots.require(record);
    } catch (error) {
      await directories.abandonRestoring(record.id);
      throw error;
    }
    opener.forget(record.id);
    // What it could not write is not wanted any more.
    await slots.reopen(slot, async () => {
      await directories.finishRestoring(record.id);
      // It has come away from its copy in the object store.
      if (tiers.of(record.id).snapshotId !== null)
        await tiers.set(record.id, { tier: "hot", snapshotId: null });
    });
  }

  /** Resolves when what has begun has ended. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  async #makeFiles(
    record: CollectionRecord,
    snapshot: RestorableSnapshot,
    restoreLog: LogRestoring | undefined,
  ): Promise<void> {
    const { slots, restored, directories, tiers, clock } = this.#options;
    const { id } = record;
    const directory = directories.restoringFilesPath(record);
    const replaces = slots.get(id);
    const lastLsn = await restored.make(snapshot, { record, id, directory, replaces, restoreLog });
    const restore = { atMs: clock.nowMs(), lsn: lastLsn };
    // Where it is not known any more, no older snapshot may be brought further than it goes itself.
    const unknown = { ...restore, lsn: 0 };
    const restores = await readRestores(nodeDisk, directories.filesPath(record)).catch(() => [unknown]);
    await writeRestores(nodeDisk, directory, [...restores, restore]);
    const { tier, snapshotId } = tiers.of(id);
    // Until the catalog says otherwise, it is what is in the object store.
    if (tier === "cold" && snapshotId !== null) {
      await writeColdCopy(nodeDisk, directories.restoringPath(id), { snapshotId, bytes: 0 });
    }
  }
}
