import type { CollectionId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import type { LogArchives } from "../archive/logArchives.ts";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";

export interface UnfinishedDeletionsOptions {
  /** Of which a crash has left something. */
  readonly deleted: readonly CollectionId[];
  readonly directories: CollectionDirectories;
  readonly archives: LogArchives;
  readonly log: Log;
  /** Aborted once everything is being closed. */
  readonly closing: AbortSignal;
}

/**
 * Collections that are gone for good, of which files or objects are left. The directory of each goes last, and tells the next
 * start of it.
 */
export class UnfinishedDeletions {
  readonly #options: UnfinishedDeletionsOptions;
  readonly #ids: Set<CollectionId>;
  readonly #undecided = new Set<CollectionId>();
  readonly #lanes = new Lanes<CollectionId>();

  constructor(options: UnfinishedDeletionsOptions) {
    this.#options = options;
    this.#ids = new Set(options.deleted);
  }

  /** Also one of which it is being decided. */
  has(id: CollectionId): boolean {
    return this.#ids.has(id) || this.#undecided.has(id);
  }

  /** While `work` decides whether a collection goes, it is not to be taken for one that nobody knows: it may stay. */
  async whileUndecided(id: CollectionId, work: () => Promise<void>): Promise<void> {
    this.#undecided.add(id);
    await work().finally(() => this.#undecided.delete(id));
  }

  /** Removes what is left of one that is gone from now on. Objects that are not gone soon are removed behind it. */
  async begin(record: CollectionRecord): Promise<void> {
    this.#ids.add(record.id);
    await withinMs(this.#options.archives.patienceMs, this.#finish(record.id, record));
  }

  /** What cannot be removed now is tried again at the next call, and after the next start. */
  async finishAll(): Promise<void> {
    for (const id of this.#ids) {
      if (this.#options.closing.aborted) return;
      await this.#finish(id);
    }
  }

  /** The same of one collection. @returns whether nothing is left */
  async finish(id: CollectionId): Promise<boolean> {
    if (this.#ids.has(id)) await this.#finish(id);
    return !this.#ids.has(id);
  }

  /** Resolves when what is being removed now is, or cannot be. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  /** @param record undefined where nobody knows any more what it was */
  #finish(id: CollectionId, record?: CollectionRecord): Promise<void> {
    const { directories, archives, log } = this.#options;
    return this.#lanes.run(id, async () => {
      if (!this.#ids.has(id)) return;
      try {
        await directories.emptyDeleted(id);
        const hasObjects = record?.tieringPolicy !== "memory";
        if (hasObjects && !(await archives.removeObjects({ id, name: record?.name ?? id }))) return;
        await directories.finishDeletion(id);
        this.#ids.delete(id);
      } catch (cause) {
        log({ kind: "cleanup_failed", directory: id, cause });
      }
    });
  }
}

/** Resolves when the work has, which goes on all the same, or when the time is over. */
async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]).finally(() => clearTimeout(timer));
}
