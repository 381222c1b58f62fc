import type { Clock, CollectionId, IdGenerator } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type DocumentWriter, nodeDisk, restoreSnapshot } from "@akidb/engine";
import type { TenantBudgets } from "../quotas/tenantBudgets.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import { checkpointBytes, snapshotBytes } from "../tiers/coldCopy.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import { shapeOf } from "./shapeOf.ts";

/** Puts what the log had behind a snapshot into the log of the collection that is made. @returns its last LSN */
export type LogRestoring = (logDirectory: string, targetId: CollectionId) => Promise<number>;

export interface RestoredFilesOptions {
  readonly budgets: TenantBudgets;
  readonly documentWriter: DocumentWriter;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

export interface RestoredFilesTarget {
  /** Of the collection that the snapshot is of. */
  readonly record: CollectionRecord;
  readonly id: CollectionId;
  /** Where there is nothing yet. */
  readonly directory: string;
  /** What gives its place; undefined where all comes on top. */
  readonly replaces?: CollectionSlot | undefined;
  readonly restoreLog?: LogRestoring | undefined;
}

/** Files of collections made from snapshots, where the tenant has room for them beside what they take the place of. */
export class RestoredFiles {
  readonly #options: RestoredFilesOptions;

  constructor(options: RestoredFilesOptions) {
    this.#options = options;
  }

  /**
   * @returns the last LSN of their log
   * @throws AkiDbError `quota_exceeded`
   */
  async make(
    { directory: from, manifest }: RestorableSnapshot,
    target: RestoredFilesTarget,
  ): Promise<number> {
    const { record, id, directory, replaces, restoreLog } = target;
    const { budgets, documentWriter, clock, ids } = this.#options;
    let lastLsn = manifest.lsn;
    using _room = await budgets.makeRoom(record.databaseId, {
      memoryBytes: checkpointBytes(manifest) - (replaces?.openBytes ?? 0),
      storageBytes: snapshotBytes(manifest) - (replaces?.stats?.diskBytes ?? 0),
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
}
