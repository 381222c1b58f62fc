import {
  type Clock,
  type CollectionId,
  formatTimestamp,
  type GarbageItem,
  type GarbageKind,
  type GarbageReport,
  parseId,
  toAkiDbError,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { allObjects, type ObjectInfo, type ObjectStore } from "@akidb/objects";
import { findDiskGarbage, removeDiskGarbage } from "../adapters/diskGarbage.ts";
import type { LogArchives } from "../archive/logArchives.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { groupOf } from "./objectGroup.ts";

export interface GarbageCollectorOptions {
  /** The data directory. */
  readonly directory: string;
  readonly store: ObjectStore;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly archives: LogArchives;
  /** False where rows of the catalog are damaged: what it does not know may be what they were. */
  readonly isCatalogWhole: boolean;
  readonly clock: Clock;
}

export interface GarbageRequest {
  readonly isDryRun: boolean;
  readonly olderThanMs: number;
  readonly withUnknownCollections: boolean;
}

/** Something that may go, by now old enough. */
interface Found {
  readonly kind: GarbageKind;
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly modifiedAtMs: number;
  /** Undefined where it is only told of. */
  readonly remove: (() => Promise<void>) | undefined;
}

/**
 * Finds what nobody needs, on disk and in the object store, and removes it. What is not of a shape that it knows, it leaves alone;
 * what is named by a manifest, too; and what was modified lately, whoever did that.
 */
export class GarbageCollector {
  readonly #options: GarbageCollectorOptions;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
  }

  /** One after the other. What cannot be looked at or removed is told of, and left. */
  run(request: GarbageRequest): Promise<GarbageReport> {
    const done = this.#running.then(() => this.#run(request));
    this.#running = done.catch(() => {});
    return done;
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(request: GarbageRequest): Promise<GarbageReport> {
    const modifiedBeforeMs = this.#options.clock.nowMs() - request.olderThanMs;
    const problems: string[] = [];
    const orProblem = async (what: string, work: () => Promise<void>): Promise<void> => {
      await work().catch((error: unknown) => problems.push(`${what}: ${toAkiDbError(error).message}`));
    };
    const items: GarbageItem[] = [];
    const take = async (found: Found): Promise<void> => {
      if (found.modifiedAtMs >= modifiedBeforeMs) return;
      const { remove, modifiedAtMs, ...item } = found;
      let isRemoved = false;
      if (remove !== undefined && !request.isDryRun) {
        await orProblem(found.name, async () => {
          await remove();
          isRemoved = true;
        });
      }
      items.push({ ...item, modifiedAt: formatTimestamp(modifiedAtMs), isRemoved });
    };
    await orProblem("the data directory", () => this.#onDisk(take));
    await orProblem("the object store", async () => {
      for await (const { id, objects } of this.#collectionsInStore()) {
        const record = this.#options.collections.recordOf(id);
        const work = () =>
          record === undefined
            ? this.#unknown(id, objects, request, take)
            : this.#ofCollection(record, modifiedBeforeMs, take);
        await orProblem(`collections/${id}/`, work);
      }
    });
    if (!this.#options.isCatalogWhole) {
      problems.push("catalog.db has damaged rows: what it does not know is left alone");
    }
    const nameOf = ({ kind, name }: GarbageItem): string => `${kind} ${name}`;
    items.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const removed = items.filter(({ isRemoved }) => isRemoved);
    return { items, removedBytes: removed.reduce((sum, { bytes }) => sum + bytes, 0), problems };
  }

  async #onDisk(take: (found: Found) => Promise<void>): Promise<void> {
    const { directory } = this.#options;
    const garbage = await findDiskGarbage(directory, (id) => this.#isKnown(id));
    for (const each of garbage) await take({ ...each, remove: () => removeDiskGarbage(directory, each) });
  }

  /** By their objects, in the order of their ids. */
  async *#collectionsInStore(): AsyncGenerator<{
    readonly id: CollectionId;
    readonly objects: readonly ObjectInfo[];
  }> {
    const prefix = "collections/";
    let id: CollectionId | undefined;
    let objects: ObjectInfo[] = [];
    for await (const object of allObjects(this.#options.store, { prefix })) {
      const next = parseId<"collection">(object.key.slice(prefix.length).split("/", 1)[0] ?? "");
      if (next === id) {
        objects.push(object);
        continue;
      }
      if (id !== undefined) yield { id, objects };
      id = next;
      objects = [object];
    }
    if (id !== undefined) yield { id, objects };
  }

  async #unknown(
    id: CollectionId,
    objects: readonly ObjectInfo[],
    { withUnknownCollections }: GarbageRequest,
    take: (found: Found) => Promise<void>,
  ): Promise<void> {
    if (this.#isKnown(id)) return;
    const { keys, ...extent } = groupOf(objects);
    const remove = () => this.#remove(keys);
    await take({
      kind: "unknown_collection",
      name: `collections/${id}/`,
      ...{ ...extent, count: keys.length },
      remove: withUnknownCollections ? remove : undefined,
    });
  }

  async #ofCollection(
    record: CollectionRecord,
    modifiedBeforeMs: number,
    take: (found: Found) => Promise<void>,
  ): Promise<void> {
    const { archives, snapshots } = this.#options;
    // Each is looked at and removed while nothing of its kind is stored.
    await archives.of(record).unnamedObjects(modifiedBeforeMs, async (unnamed) => {
      if (unnamed.length === 0) return;
      const { keys, ...extent } = groupOf(unnamed);
      const name = `collections/${record.id}/wal/`;
      const remove = () => this.#remove(keys);
      await take({ kind: "unnamed_log_objects", name, ...extent, count: keys.length, remove });
    });
    await snapshots.withoutManifest(record, async (objects, name) => {
      const { keys, ...extent } = groupOf(objects);
      const remove = () => this.#remove(keys);
      await take({ kind: "snapshot_without_manifest", name, ...extent, count: keys.length, remove });
    });
  }

  async #remove(keys: readonly string[]): Promise<void> {
    const [failure] = await this.#options.store.deleteMany(keys);
    if (failure !== undefined) throw failure.error;
  }

  /** Whether the catalog has it, may have had it, or its deletion goes on. */
  #isKnown(id: CollectionId): boolean {
    const { collections, isCatalogWhole } = this.#options;
    return !isCatalogWhole || collections.recordOf(id) !== undefined || collections.deletions.has(id);
  }
}
