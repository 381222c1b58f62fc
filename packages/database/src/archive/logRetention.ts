import type { Clock, CollectionId, SnapshotId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk } from "@akidb/engine";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Log } from "../logEvent.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { isLogArchived, type LogArchives } from "./logArchives.ts";
import { leavingRestore, readRestores } from "./restores.ts";
import { unneededSegments, writtenAtMs } from "./unneededSegments.ts";

export interface LogRetentionOptions {
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly archives: LogArchives;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of a collection; a retention is counted in days. */
const lookIntervalMs = 3_600_000;

/** Removes what no snapshot needs of the archived logs, one collection after the other. */
export class LogRetention {
  readonly #options: LogRetentionOptions;
  /** Looked at last, by the monotonic clock. */
  readonly #lookedAtMs = new Map<CollectionId, number>();
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: LogRetentionOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Never rejects: what fails is logged, and tried again later. */
  runDue(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const { collections, clock, log } = this.#options;
    const records = collections.records().filter(isLogArchived);
    const present = new Set(records.map(({ id }) => id));
    for (const id of this.#lookedAtMs.keys()) if (!present.has(id)) this.#lookedAtMs.delete(id);
    for (const record of records) {
      const lookedAtMs = this.#lookedAtMs.get(record.id) ?? Number.NEGATIVE_INFINITY;
      if (this.#isStopped) return;
      if (clock.monotonicMs() - lookedAtMs < lookIntervalMs) continue;
      this.#lookedAtMs.set(record.id, clock.monotonicMs());
      await this.#dropUnneeded(record).catch((cause: unknown) => {
        const isGone = collections.useOf(record) === undefined;
        if (!this.#isStopped && !isGone)
          log({ kind: "archive_cleanup_failed", collection: record.name, cause });
      });
    }
  }

  async #dropUnneeded(record: CollectionRecord): Promise<void> {
    const { collections, archives, clock } = this.#options;
    const olderThanMs = clock.nowMs() - record.walRetentionSeconds * 1_000;
    const archive = archives.of(record);
    const isOld = (await archive.segments()).some((segment) => writtenAtMs(segment) < olderThanMs);
    if (!isOld) return;
    // A restore may be reading what its snapshot, if it is deleted meanwhile, no longer keeps.
    await collections.restores.inTurn(record, async () => {
      const baseLsn = await this.#baseLsn(record);
      if (baseLsn === undefined) return;
      await archive.drop((segments) => unneededSegments(segments, { baseLsn, olderThanMs }));
    });
  }

  /**
   * The lowest LSN of all snapshots that the log goes on from; undefined where nothing may be removed. One of them has to be
   * in the object store: without the machine the archive is of use behind that one alone, or from its beginning.
   */
  async #baseLsn(record: CollectionRecord): Promise<number | undefined> {
    const { collections, snapshots } = this.#options;
    const infos = await snapshots.list(record);
    // What cannot be read may be mended, and what it needs is not known.
    if (infos.some(({ state }) => state === "damaged" || state === "failed")) return undefined;
    const restores = await readRestores(nodeDisk, collections.directoryOf(record));
    const bases = infos.flatMap(({ id, lsn, createdAt, location }) => {
      const moment = lsn !== null && { lsn, createdAtMs: Date.parse(createdAt) };
      return moment && leavingRestore(moment, restores) === undefined
        ? { id, lsn: moment.lsn, location }
        : [];
    });
    for (const { id, location } of bases) {
      // A list may show one that is there no more.
      const isStored = location !== "local" && (await snapshots.isStored(record, id as SnapshotId));
      if (isStored) return Math.min(...bases.map(({ lsn }) => lsn));
    }
    return undefined;
  }
}
