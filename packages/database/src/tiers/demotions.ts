import {
  type Clock,
  type CollectionId,
  type Deadline,
  failedPrecondition,
  isAkiDbError,
  noDeadline,
  orAborted,
  type SnapshotId,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk, type SnapshotManifest } from "@akidb/engine";
import { Slots } from "@akidb/objects";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { readRestores } from "../archive/restores.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Log } from "../logEvent.ts";
import { removeSurplusSnapshots } from "../snapshots/removeSurplusSnapshots.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { inSpan, recorded, type Span } from "../telemetry/span.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ColdCopies } from "./coldCopies.ts";
import { snapshotBytes, writeColdCopy } from "./coldCopy.ts";
import { dropFiles } from "./coldFiles.ts";
import type { CollectionTiers } from "./collectionTiers.ts";

export interface DemotionsOptions {
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly coldCopies: ColdCopies;
  readonly tiers: CollectionTiers;
  readonly directories: CollectionDirectories;
  /** Snapshots that nobody asked for by hand, of one collection. */
  readonly retainCount: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** `changed`: it was not to be made a new copy of. */
export type DemotionEnd = "cold" | "changed";

interface Demotion {
  readonly done: Promise<DemotionEnd>;
  readonly abort: AbortController;
}

interface Attempt {
  readonly record: CollectionRecord;
  /** False: only where the object store has all of it already. */
  readonly mayCopy: boolean;
  readonly deadline: Deadline;
  readonly span: Span | undefined;
}

/** Each reads, sends and reads back a whole collection. */
const demotionsAtOnceMax = 2;

/** One that is written to all the time does not get cold. */
const attemptsMax = 3;

/**
 * Makes collections cold. The order decides what a crash leaves: a snapshot in the object store, the catalog's word of what it
 * is for, every object of it read back, and only then, with the collection closed and unchanged, its mark on this machine, the
 * catalog's word that it counts, and the end of its files here. Before that word the files here are the collection, after it
 * the snapshot is.
 */
export class Demotions {
  readonly #options: DemotionsOptions;
  readonly #slots = new Slots(demotionsAtOnceMax);
  readonly #running = new Map<CollectionId, Demotion>();
  /** Of what is cold, in the object store. */
  readonly #copyBytes: Map<CollectionId, number>;
  #isStopped = false;

  /** @param copyBytes as far as is known */
  constructor(options: DemotionsOptions, copyBytes: ReadonlyMap<CollectionId, number>) {
    this.#options = options;
    this.#copyBytes = new Map(copyBytes);
  }

  /** 0 where it is not known. */
  copyBytesOf(id: CollectionId): number {
    return this.#options.tiers.isCold(id) ? (this.#copyBytes.get(id) ?? 0) : 0;
  }

  isRunning(id: CollectionId): boolean {
    return this.#running.has(id);
  }

  /**
   * Once at a time for each collection; whoever asks meanwhile gets the same end.
   *
   * @throws AkiDbError what the store rejects with; `unavailable` where it is in use all the time, or the demotion is cancelled
   */
  toCold(
    record: CollectionRecord,
    { mayCopy = true }: { readonly mayCopy?: boolean } = {},
  ): Promise<DemotionEnd> {
    const running = this.#running.get(record.id);
    if (running !== undefined) return running.done;
    const abort = new AbortController();
    if (this.#isStopped) abort.abort(unavailable("the database is closing"));
    const done = this.#run(record, mayCopy, noDeadline(abort.signal)).finally(() =>
      this.#running.delete(record.id),
    );
    // Nobody need wait for it.
    done.catch(() => {});
    this.#running.set(record.id, { done, abort });
    return done;
  }

  /** The collection stays where it is; one that is cold by now stays so. */
  async cancel(id: CollectionId, reason: string): Promise<void> {
    const running = this.#running.get(id);
    running?.abort.abort(unavailable(reason));
    await running?.done.catch(() => {});
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#running.keys()].map((id) => this.cancel(id, "the database is closing")));
  }

  async #run(record: CollectionRecord, mayCopy: boolean, deadline: Deadline): Promise<DemotionEnd> {
    const { tiers, clock, telemetry, log } = this.#options;
    const span = telemetry.tracer.begin("tier migration");
    span?.set({ "akidb.operation": "demote_to_cold", "akidb.collection_id": record.id });
    try {
      using _slot = await this.#slots.take(deadline);
      const startMs = clock.monotonicMs();
      const { tier: fromTier } = tiers.of(record.id);
      if (fromTier === "cold") return "cold";
      const end = await recorded(span, () => this.#attempts({ record, mayCopy, deadline, span }));
      if (end === "cold") {
        const elapsedMs = clock.monotonicMs() - startMs;
        telemetry.meter.tierMigrated(fromTier, "cold", elapsedMs);
        log({ kind: "tier_migrated", collection: record.name, fromTier, toTier: "cold", elapsedMs });
      }
      return end;
    } catch (cause) {
      const isCancelled = deadline.signal.aborted;
      if (!isCancelled) log({ kind: "demotion_failed", collection: record.name, cause });
      throw cause;
    }
  }

  async #attempts(attempt: Attempt): Promise<DemotionEnd> {
    for (let count = 1; count <= attemptsMax; count++) {
      await this.#requireOneGeneration(attempt.record);
      const copy = await this.#copy(attempt);
      if (copy === undefined) return "changed";
      const manifest = await this.#verify(attempt, copy);
      attempt.deadline.check();
      if (await inSpan(attempt.span, "metadata", () => this.#flip(attempt.record, manifest))) return "cold";
    }
    throw unavailable("the collection is in use, and stays where it is", { retryAfterMs: 60_000 });
  }

  /** @throws AkiDbError `failed_precondition` while it is being re-embedded, or what it was before is kept */
  async #requireOneGeneration(record: CollectionRecord): Promise<void> {
    const generations = await this.#options.directories.generations(record.id);
    if (generations.every((generation) => generation === record.generation)) return;
    throw failedPrecondition(
      `collection "${record.name}" is being re-embedded, or keeps the vectors of before; cancel the re-embedding first`,
    );
  }

  /** @returns undefined where the object store has not all of it, and is not to get it */
  async #copy({ record, mayCopy, deadline, span }: Attempt): Promise<SnapshotId | undefined> {
    const { collections, snapshots, coldCopies, tiers } = this.#options;
    using live = await collections.get(record.databaseId, record.id, deadline, { isAccess: false });
    const { lastLsn } = live.collection;
    const before = tiers.of(record.id).snapshotId;
    const stored =
      before === null ? undefined : await orAborted(coldCopies.manifest(record, before), deadline);
    if (stored !== undefined && (await this.#covers(record, stored, lastLsn))) return stored.snapshotId;
    if (!mayCopy) return undefined;
    const local = before === null ? undefined : await coldCopies.localManifest(record, before);
    let id = local !== undefined && (await this.#covers(record, local, lastLsn)) ? before : null;
    if (id === null) {
      const { finished } = await snapshots.create(live, { origin: "scheduled", upload: "never", span });
      id = (await orAborted(finished, deadline)).id as SnapshotId;
      // From here on whoever starts next knows what an object of it is for.
      await tiers.set(record.id, { snapshotId: id });
    }
    await orAborted(coldCopies.send(record, id, span), deadline);
    return id;
  }

  async #covers(record: CollectionRecord, manifest: SnapshotManifest, lastLsn: number): Promise<boolean> {
    if (manifest.lsn !== lastLsn) return false;
    const directory = this.#options.directories.filesPath(record);
    const restores = await readRestores(nodeDisk, directory).catch(() => undefined);
    // Of a collection that was restored the same LSN may mean something else.
    return restores?.every(({ atMs }) => atMs < manifest.createdAtMs) === true;
  }

  async #verify({ record, span, deadline }: Attempt, id: SnapshotId): Promise<SnapshotManifest> {
    const { coldCopies } = this.#options;
    try {
      return await inSpan(span, "verify", () => orAborted(coldCopies.verify(record, id), deadline));
    } catch (error) {
      // It is not what was sent: the next attempt makes another one.
      const isDamaged = isAkiDbError(error) && ["failed_precondition", "not_found"].includes(error.code);
      if (isDamaged) await this.#options.tiers.set(record.id, { snapshotId: null });
      throw error;
    }
  }

  /** @returns whether it is cold: it is not where it is used, or has changed since */
  async #flip(record: CollectionRecord, manifest: SnapshotManifest): Promise<boolean> {
    const { collections, snapshots, tiers, directories, retainCount, log } = this.#options;
    const { snapshotId, lsn } = manifest;
    const { id } = record;
    const isCold = await collections.restores.inTurn(record, async () => {
      const { generation } = collections.find(record.databaseId, id);
      if (tiers.of(id).snapshotId !== snapshotId || generation !== record.generation) return false;
      await this.#requireOneGeneration(record);
      return await collections.vacate(record, {
        isWanted: ({ lastLsn }) => lastLsn === lsn,
        work: async () => {
          const bytes = snapshotBytes(manifest);
          await writeColdCopy(nodeDisk, directories.path(id), { snapshotId, bytes });
          await tiers.set(id, { tier: "cold" });
          this.#copyBytes.set(id, bytes);
          // What cannot be removed now is removed with the next start, and fetched files take its place before.
          await dropFiles(directories, record).catch((cause: unknown) =>
            log({ kind: "cleanup_failed", directory: id, cause }),
          );
        },
      });
    });
    if (isCold) {
      await this.#options.coldCopies
        .keepInStoreAlone(record)
        .catch((cause: unknown) => log({ kind: "cleanup_failed", directory: `${id}/snapshots`, cause }));
      await removeSurplusSnapshots({ snapshots, record, retainCount, newestId: snapshotId, log });
    }
    return isCold;
  }
}
