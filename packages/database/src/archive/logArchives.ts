import type { CollectionId, IdGenerator } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type ClosedSegment, nodeDisk } from "@akidb/engine";
import { allObjects, type ObjectStore, ParallelUploads } from "@akidb/objects";
import type { Log } from "../logEvent.ts";
import { WalArchive } from "./walArchive.ts";

export interface LogArchivesOptions {
  readonly store: ObjectStore;
  readonly ids: IdGenerator;
  readonly log: Log;
}

/** Whether a collection's log goes to the object store as it is written. */
export const isLogArchived = ({ tieringPolicy, syncPolicy }: CollectionRecord): boolean =>
  tieringPolicy !== "memory" && syncPolicy === "continuous";

/** The archived logs of all collections, which share the uploads. */
export class LogArchives {
  readonly #options: LogArchivesOptions;
  readonly #uploads: ParallelUploads;
  readonly #archives = new Map<CollectionId, WalArchive>();

  constructor(options: LogArchivesOptions) {
    this.#options = options;
    this.#uploads = new ParallelUploads({ store: options.store });
  }

  of(id: CollectionId): WalArchive {
    const known = this.#archives.get(id);
    if (known !== undefined) return known;
    const { store, ids } = this.#options;
    const archive = new WalArchive({ store, uploads: this.#uploads, disk: nodeDisk, collectionId: id, ids });
    this.#archives.set(id, archive);
    return archive;
  }

  /** What is to be done with the closed files of a collection's log; undefined where they stay on this machine. */
  hookFor(record: CollectionRecord): ((segment: ClosedSegment) => Promise<void>) | undefined {
    if (!isLogArchived(record)) return undefined;
    return async (segment) => {
      try {
        await this.of(record.id).archive(segment);
      } catch (cause) {
        this.#options.log({ kind: "archive_failed", collection: record.name, file: segment.name, cause });
        throw cause;
      }
    };
  }

  /**
   * Removes all objects of a collection that is gone.
   *
   * @returns whether none is left; why there are is logged
   */
  async removeObjects({ id, name }: Pick<CollectionRecord, "id" | "name">): Promise<boolean> {
    const { store, log } = this.#options;
    try {
      await this.#archives.get(id)?.close();
      this.#archives.delete(id);
      const keys: string[] = [];
      for await (const { key } of allObjects(store, { prefix: `collections/${id}/` })) keys.push(key);
      const [failure] = await store.deleteMany(keys);
      if (failure !== undefined) throw failure.error;
      return true;
    } catch (cause) {
      log({ kind: "objects_left", collection: name, prefix: `collections/${id}/`, cause });
      return false;
    }
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#archives.values()].map((archive) => archive.close()));
  }
}
