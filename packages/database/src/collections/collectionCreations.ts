import type { Clock, CollectionId, IdGenerator } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { createCollectionFiles, nodeDisk } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import type { LogRestoring, RestoredFiles } from "./restoredFiles.ts";

export interface CollectionCreationsOptions {
  readonly restored: RestoredFiles;
  readonly directories: CollectionDirectories;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** Files of collections that the catalog does not have yet: under the name of one in creation, which no start takes for one. */
export class CollectionCreations {
  readonly #options: CollectionCreationsOptions;

  constructor(options: CollectionCreationsOptions) {
    this.#options = options;
  }

  /** Of an empty collection; durable when it resolves. */
  begin(id: CollectionId): Promise<void> {
    const { directories, clock, ids } = this.#options;
    const directory = directories.creatingPath(id);
    return createCollectionFiles({ disk: nodeDisk, directory, collectionId: id, clock, ids });
  }

  /**
   * Of a collection with what a snapshot holds.
   *
   * @returns its id, for the catalog
   */
  async beginFrom(
    snapshot: RestorableSnapshot,
    source: CollectionRecord,
    restoreLog?: LogRestoring,
  ): Promise<CollectionId> {
    const { restored, directories, ids } = this.#options;
    const id = ids.next<"collection">();
    const directory = directories.creatingPath(id);
    try {
      await restored.make(snapshot, { record: source, id, directory, restoreLog });
    } catch (error) {
      await directories.abandonCreation(id);
      throw error;
    }
    return id;
  }

  abandon(id: CollectionId): Promise<void> {
    return this.#options.directories.abandonCreation(id);
  }
}
