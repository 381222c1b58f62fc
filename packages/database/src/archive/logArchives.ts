import { type CollectionId, type IdGenerator, noDeadline, unavailable } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type ClosedSegment, nodeDisk } from "@akidb/engine";
import { allObjects, type ObjectStore, ParallelUploads } from "@akidb/objects";
import type { DeadLetters } from "../deadLetters/deadLetters.ts";
import { wasTried } from "../deadLetters/wasTried.ts";
import type { Log } from "../logEvent.ts";
import { sinkUntil, storeUntil } from "../objectStore/storeUntil.ts";
import { logPrefix, WalArchive } from "./walArchive.ts";

export interface LogArchivesOptions {
  readonly store: ObjectStore;
  readonly ids: IdGenerator;
  /** What fails is noted there, and tried again. */
  readonly deadLetters: DeadLetters;
  /** How long deletions, and the end of the process, wait for the store; 3,000 if absent. */
  readonly patienceMs?: number | undefined;
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
  readonly #aborts = new Map<CollectionId, AbortController>();
  /** Ends removals. */
  readonly #closing = new AbortController();

  constructor(options: LogArchivesOptions) {
    this.#options = options;
    this.#uploads = new ParallelUploads({ store: options.store });
  }

  get patienceMs(): number {
    return this.#options.patienceMs ?? 3_000;
  }

  of({ id, generation }: Pick<CollectionRecord, "id" | "generation">): WalArchive {
    const ofCollection = this.#archives.get(id) ?? new Map<number, WalArchive>();
    this.#archives.set(id, ofCollection);
    const known = ofCollection.get(generation);
    if (known !== undefined) return known;
    const { ids } = this.#options;
    const files = { disk: nodeDisk, collectionId: id, generation };
    const deadline = noDeadline(this.#abortOf(id).signal);
    const store = storeUntil(this.#options.store, deadline);
    const archive = new WalArchive({ store, uploads: sinkUntil(this.#uploads, deadline), ids, ...files });
    ofCollection.set(generation, archive);
    return archive;
  }

  /** Ends what is on its way of a collection: nobody is to wait for a store that does not answer. */
  abandon(id: CollectionId, reason: string): void {
    this.#aborts.get(id)?.abort(unavailable(reason));
    this.#aborts.delete(id);
    this.#archives.delete(id);
  }

  /** The same of all. What is not archived by then is with the next start. */
  abandonAll(reason: string): void {
    this.#closing.abort(unavailable(reason));
    for (const id of [...this.#aborts.keys()]) this.abandon(id, reason);
  }

  #abortOf(id: CollectionId): AbortController {
    const abort = this.#aborts.get(id) ?? new AbortController();
    this.#aborts.set(id, abort);
    return abort;
  }

  /** What is to be done with the closed files of a collection's log; undefined where they stay on this machine. */
  hookFor(record: CollectionRecord): ((segment: ClosedSegment) => Promise<void>) | undefined {
    if (!isLogArchived(record)) return undefined;
    const { id, name: collection, generation } = record;
    const { deadLetters, log } = this.#options;
    return async (segment) => {
      const key = generation === 0 ? segment.name : `g${generation}/${segment.name}`;
      const work = { operation: "archive_log", collectionId: id, collection, key } as const;
      try {
        await deadLetters.attempt(work, () => this.of(record).archive(segment));
      } catch (cause) {
        if (wasTried(cause)) log({ kind: "archive_failed", collection, file: segment.name, cause });
        throw cause;
      }
    };
  }

  /** Whether what of a collection's log could not be archived will be, though the collection is closed. */
  isQueued(id: CollectionId): boolean {
    return this.#options.deadLetters.holdsAllOf(id);
  }

  /**
   * Removes all objects of a collection that is gone.
   *
   * @returns whether none is left; why there are is logged
   */
  async removeObjects({ id, name }: Pick<CollectionRecord, "id" | "name">): Promise<boolean> {
    const archives = [...(this.#archives.get(id)?.values() ?? [])];
    this.#archives.delete(id);
    this.#aborts.delete(id);
    const { deadLetters } = this.#options;
    const prefix = `collections/${id}/`;
    const work = { operation: "remove_objects", collectionId: id, collection: name, key: prefix } as const;
    for (const operation of ["archive_log", "upload_snapshot"] as const) deadLetters.settleAll(id, operation);
    return await this.#orLogged(name, prefix, () =>
      deadLetters.attempt(work, () => this.#removeObjects(prefix, archives)),
    );
  }

  /** Removes the archived log of a generation that is not served any more, as {@link LogArchives.removeObjects}. */
  async removeLog({ id, name, generation }: CollectionRecord): Promise<boolean> {
    const archive = this.#archives.get(id)?.get(generation);
    this.#archives.get(id)?.delete(generation);
    const prefix = `${logPrefix({ id, generation })}wal/`;
    const archives = archive === undefined ? [] : [archive];
    return await this.#orLogged(name, prefix, () => this.#removeObjects(prefix, archives));
  }

  /** @returns whether the work did not fail */
  async #orLogged(collection: string, prefix: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (cause) {
      if (wasTried(cause)) this.#options.log({ kind: "objects_left", collection, prefix, cause });
      return false;
    }
  }

  async #removeObjects(prefix: string, archives: readonly WalArchive[]): Promise<void> {
    const store = storeUntil(this.#options.store, noDeadline(this.#closing.signal));
    for (const archive of archives) await archive.close();
    const keys: string[] = [];
    for await (const { key } of allObjects(store, { prefix })) keys.push(key);
    const [failure] = await store.deleteMany(keys);
    if (failure !== undefined) throw failure.error;
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    const archives = [...this.#archives.values()].flatMap((ofCollection) => [...ofCollection.values()]);
    await Promise.all(archives.map((archive) => archive.close()));
  }
}
