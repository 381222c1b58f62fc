import {
  type Clock,
  type CollectionId,
  type Deadline,
  formatTimestamp,
  type GarbageItem,
  type GarbageReport,
  orAborted,
  toAkiDbError,
} from "@akidb/base";
import type { ObjectStore } from "@akidb/objects";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import type { LogArchives } from "../archive/logArchives.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Reembeddings } from "../reembed/reembeddings.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { filesLeft } from "./filesLeft.ts";
import type { GarbageLook } from "./foundGarbage.ts";
import { objectsLeft } from "./objectsLeft.ts";

export interface GarbageCollectorOptions {
  /** The data directory. */
  readonly directory: string;
  readonly directories: CollectionDirectories;
  readonly store: ObjectStore;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly archives: LogArchives;
  readonly reembeddings: Reembeddings;
  /** False where rows of the catalog are damaged: what it does not know may be what they were. */
  readonly isCatalogWhole: boolean;
  readonly clock: Clock;
}

export interface GarbageRequest {
  readonly isDryRun: boolean;
  readonly olderThanMs: number;
  readonly withUnknownCollections: boolean;
}

/** Of one run, as they come. */
interface Findings {
  readonly items: GarbageItem[];
  readonly problems: string[];
  /** The removal that goes on; never rejects. */
  removing: Promise<void>;
}

/** How much of a look the files are; the object store is the rest. */
const shareOfFiles = 0.3;

/**
 * Finds what nobody needs, on disk and in the object store, and removes it. What is not of a shape that it knows, it leaves alone;
 * what is named by a manifest or the catalog, too; what anybody in this process makes; and what was modified lately, whoever did
 * that.
 */
export class GarbageCollector {
  readonly #options: GarbageCollectorOptions;

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
  }

  /**
   * One at a time. What cannot be looked at or removed is told of, and left.
   *
   * @param deadline ends it between two removals; the report tells of what was done until then
   */
  async run(
    request: GarbageRequest,
    deadline: Deadline,
    onProgress: (share: number) => void,
  ): Promise<GarbageReport> {
    const findings: Findings = { items: [], problems: [], removing: Promise.resolve() };
    const { items, problems } = findings;
    const look = this.#look(request, deadline, findings);
    const { isCatalogWhole } = this.#options;
    const parts = { ...this.#options, isGone: (id: CollectionId) => !this.#isKnown(id) };
    try {
      await filesLeft(parts, { ...look, onProgress: (share) => onProgress(shareOfFiles * share) });
      const rest = 1 - shareOfFiles;
      await objectsLeft(parts, { ...look, onProgress: (share) => onProgress(shareOfFiles + rest * share) });
    } catch (error) {
      if (!isOver(deadline)) throw error;
      await findings.removing;
      problems.push("it was ended before all was looked at");
    }
    if (!isCatalogWhole) problems.push("catalog.db has damaged rows: what it does not know is left alone");
    const nameOf = ({ kind, name }: GarbageItem): string => `${kind} ${name}`;
    items.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const removed = items.filter(({ isRemoved }) => isRemoved);
    return { items, removedBytes: removed.reduce((sum, { bytes }) => sum + bytes, 0), problems };
  }

  #look(
    { isDryRun, olderThanMs, withUnknownCollections }: GarbageRequest,
    deadline: Deadline,
    findings: Findings,
  ): Omit<GarbageLook, "onProgress"> {
    const { items, problems } = findings;
    const nowMs = this.#options.clock.nowMs();
    const note = (what: string, error: unknown): void => {
      problems.push(`${what}: ${toAkiDbError(error).message}`);
    };
    return {
      modifiedBeforeMs: nowMs - olderThanMs,
      withUnknownCollections,
      deadline,
      orProblem: async (what, work) => {
        deadline.check();
        // What waits for its turn behind others need not be waited for: it finds the look ended.
        await orAborted(work(), deadline).catch((error: unknown) => {
          deadline.check();
          note(what, error);
        });
      },
      take: async ({ remove, modifiedAtMs, keptMs = 0, ...item }) => {
        deadline.check();
        if (modifiedAtMs >= nowMs - Math.max(olderThanMs, keptMs)) return;
        const found = { ...item, modifiedAt: formatTimestamp(modifiedAtMs) };
        if (remove === undefined || isDryRun) return void items.push({ ...found, isRemoved: false });
        findings.removing = remove().then(
          () => void items.push({ ...found, isRemoved: true }),
          (error: unknown) => {
            items.push({ ...found, isRemoved: false });
            note(item.name, error);
          },
        );
        await findings.removing;
      },
    };
  }

  /** Whether the catalog has it, may have had it, or its deletion goes on. */
  #isKnown(id: CollectionId): boolean {
    const { collections, isCatalogWhole } = this.#options;
    return !isCatalogWhole || collections.recordOf(id) !== undefined || collections.deletions.has(id);
  }
}

function isOver(deadline: Deadline): boolean {
  try {
    deadline.check();
    return false;
  } catch {
    return true;
  }
}
