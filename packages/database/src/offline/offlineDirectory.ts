import { join } from "node:path";
import {
  type Clock,
  type CollectionId,
  failedPrecondition,
  formatTimestamp,
  type IdGenerator,
  limits,
  type Random,
  UuidV7Generator,
} from "@akidb/base";
import {
  type Catalog,
  type CollectionRecord,
  checkDataVersion,
  type DataDirectoryLock,
  lockDataDirectory,
  openCatalog,
} from "@akidb/catalog";
import {
  Builders,
  Collection,
  createCollectionFiles,
  DocumentWriter,
  nodeDisk,
  writeClosedSummary,
} from "@akidb/engine";
import { absoluteDirectory } from "../adapters/absoluteDirectory.ts";
import { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { processId } from "../adapters/processId.ts";
import { processorCount } from "../adapters/processorCount.ts";
import { isLogArchived } from "../archive/logArchives.ts";
import { recordGraphOptions, recordOptions } from "../collections/recordOptions.ts";
import { hnswDefaults } from "../hnswDefaults.ts";
import { eachItem } from "../tenancy/eachItem.ts";
import { defaultWal } from "../walDefaults.ts";

export interface OfflineDirectoryOptions {
  /** Created if absent. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How this process is called where another one finds the directory in use. */
  readonly command: string;
}

interface OfflineParts {
  readonly options: OfflineDirectoryOptions;
  readonly lock: DataDirectoryLock;
  readonly catalog: Catalog;
  readonly directories: CollectionDirectories;
  readonly ids: IdGenerator;
}

/**
 * A data directory that no server has, in the hands of a tool: the catalog, and collections one at a time. What a crash
 * left half done was settled when it was opened.
 */
export class OfflineDirectory {
  readonly catalog: Catalog;
  readonly #parts: OfflineParts;
  readonly #builders = new Builders({ threadCount: Math.max(1, processorCount() - 1) });
  readonly #documentWriter = new DocumentWriter();

  private constructor(parts: OfflineParts) {
    this.#parts = parts;
    this.catalog = parts.catalog;
  }

  /**
   * Rejects with `failed_precondition` where another process has the directory, a newer AkiDB wrote it, or rows of its
   * catalog are damaged: nobody knows then what is there.
   */
  static async open(options: OfflineDirectoryOptions): Promise<OfflineDirectory> {
    const { clock, random, command } = options;
    const directory = absoluteDirectory(options.directory);
    const holder = { pid: processId(), startedAt: formatTimestamp(clock.nowMs()), command };
    const lock = lockDataDirectory({ directory, holder });
    let catalog: Catalog | undefined;
    try {
      checkDataVersion(directory);
      const ids = new UuidV7Generator(clock, random);
      catalog = await openCatalog({ path: join(directory, "catalog.db"), clock, ids });
      if (catalog.damagedRows.length > 0) {
        throw failedPrecondition("rows of catalog.db are damaged; akidb verify says which");
      }
      const directories = await CollectionDirectories.open(directory);
      await settle({ catalog, directories });
      return new OfflineDirectory({ options, lock, catalog, directories, ids });
    } catch (error) {
      await catalog?.close();
      lock.release();
      throw error;
    }
  }

  /** Gives collections in creation their names where the catalog has them, and removes them where it has not. */
  settle(): Promise<void> {
    return settle(this.#parts);
  }

  /**
   * The files of a collection that the catalog is going to have, under a provisional name, open. Until it has, and
   * {@link OfflineDirectory.settle}, they count for nothing.
   */
  async create(record: CollectionRecord): Promise<OfflineCollection> {
    const { directories, options, ids } = this.#parts;
    const directory = directories.creatingPath(record.id);
    const files = { disk: nodeDisk, directory, collectionId: record.id, clock: options.clock, ids };
    await createCollectionFiles(files);
    return await this.#open(record, directory);
  }

  /** Rejects where its files are damaged. */
  open(record: CollectionRecord): Promise<OfflineCollection> {
    return this.#open(record, this.#parts.directories.filesPath(record));
  }

  /** Of a collection that the catalog has by now. */
  finishCreation(id: CollectionId): Promise<void> {
    return this.#parts.directories.finishCreation(id);
  }

  async close(): Promise<void> {
    await this.#builders.close();
    await this.#documentWriter.close();
    await this.catalog.close();
    this.#parts.lock.release();
  }

  async #open(record: CollectionRecord, directory: string): Promise<OfflineCollection> {
    const { options, ids } = this.#parts;
    const { clock } = options;
    const { efSearch, threshold } = hnswDefaults;
    const files = { disk: nodeDisk, directory, collectionId: record.id };
    const collection = await Collection.open({
      ...files,
      ...recordOptions(record),
      clock,
      ids,
      metadataBytesMax: limits.metadataBytesMax,
      indexedFieldsMax: limits.indexedFieldsMax,
      wal: { ...defaultWal, retentionMs: record.walRetentionSeconds * 1_000 },
      documentWriter: this.#documentWriter,
      graph: {
        ...recordGraphOptions(record),
        builders: this.#builders,
        efSearch,
        threshold,
      },
      recallChecksPerMinute: 0,
    });
    return {
      collection,
      async close() {
        await collection.settle();
        const stats = collection.stats();
        await collection.close();
        const { diskBytes } = collection;
        const lastUsedAtMs = clock.nowMs();
        // What an archive has not got is handed over by the server that opens the collection.
        const isSettled = !isLogArchived(record);
        await writeClosedSummary(files, { ...stats, diskBytes, lastUsedAtMs, isSettled });
      },
      abandon: () => collection.close({ hasNoFuture: true }),
    };
  }
}

async function settle({
  catalog,
  directories,
}: Pick<OfflineParts, "catalog" | "directories">): Promise<void> {
  const known = new Set<CollectionId>();
  for await (const { id } of eachItem((page) => catalog.collections.list("all", page))) known.add(id);
  // What is deleted and has objects elsewhere, too, is left to a server, which can reach them.
  await directories.recover({ known, isComplete: true });
}

export interface OfflineCollection {
  readonly collection: Collection;
  /** Everything is in its files, and durable, when it resolves. */
  close(): Promise<void>;
  /** Closes what is of no use any more. */
  abandon(): Promise<void>;
}
