import type { CollectionId, IdGenerator } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type ClosedSegment, nodeDisk } from "@akidb/engine";
import { allObjects, type ObjectStore, ParallelUploads } from "@akidb/objects";
import type { Log } from "../logEvent.ts";
import { logPrefix, WalArchive } from "./walArchive.ts";

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
  readonly #archives = new Map<CollectionId, Map<number, WalArchive>>();

  constructor(options: LogArchivesOptions) {
    this.#options = options;
    this.#uploads = new ParallelUploads({ store: options.store });
  }

  of({ id, generation }: Pick<CollectionRecord, "id" | "generation">): WalArchive {
    const ofCollection = this.#archives.get(id) ?? new Map<number, WalArchive>();
    this.#archives.set(id, ofCollection);
    const known = ofCollection.get(generation);
    if (known !== undefined) return known;
    const { store, ids } = this.#options;
    const files = { disk: nodeDisk, collectionId: id, generation };
    const archive = new WalArchive({ store, uploads: this.#uploads, ids, ...files });
    ofCollection.set(generation, archive);
    return archive;
  }

  /** What is to be done with the closed files of a collection's log; undefined where they stay on this machine. */
  hookFor(record: CollectionRecord): ((segment: ClosedSegment) => Promise<void>) | undefined {
    if (!isLogArchived(record)) return undefined;
    return async (segment) => {
      try {
        await this.of(record).archive(segment);
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
    const archives = [...(this.#archives.get(id)?.values() ?? [])];
    this.#archives.delete(id);
    return await this.#removeObjects(name, `collections/${id}/`, archives);
  }

  /** Removes the archived log of a generation that is not served any more, as {@link LogArchives.removeObjects}. */
  async removeLog({ id, name, generation }: CollectionRecord): Promise<boolean> {
    const archive = this.#archives.get(id)?.get(generation);
    this.#archives.get(id)?.delete(generation);
    const prefix = `${logPrefix({ id, generation })}wal/`;
    return await this.#removeObjects(name, prefix, archive === undefined ? [] : [archive]);
  }

  async #removeObjects(
    collection: string,
    prefix: string,
    archives: readonly WalArchive[],
  ): Promise<boolean> {
    const { store, log } = this.#options;
    try {
      for (const archive of archives) await archive.close();
      const keys: string[] = [];
      for await (const { key } of allObjects(store, { prefix })) keys.push(key);
      const [failure] = await store.deleteMany(keys);
      if (failure !== undefined) throw failure.error;
      return true;
    } catch (cause) {
      log({ kind: "objects_left", collection, prefix, cause });
      return false;
    }
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    const archives = [...this.#archives.values()].flatMap((ofCollection) => [...ofCollection.values()]);
    await Promise.all(archives.map((archive) => archive.close()));
  }
}
