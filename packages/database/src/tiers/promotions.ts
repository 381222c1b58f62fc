import {
  type AkiDbError,
  type Clock,
  type CollectionId,
  type Deadline,
  failedPrecondition,
  noDeadline,
  type SnapshotId,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type ClosedSummary, nodeDisk, readSnapshotManifest } from "@akidb/engine";
import { Slots } from "@akidb/objects";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { readRestores, writeRestores } from "../archive/restores.ts";
import type { Log } from "../logEvent.ts";
import { copyRefusal } from "../snapshots/copyRefusal.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import type { StoredSnapshots } from "../snapshots/storedSnapshots.ts";
import { inSpan, recorded, type Span } from "../telemetry/span.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { checkpointBytes, readColdCopy, snapshotBytes, writeColdCopy } from "./coldCopy.ts";
import { holdsOwnFiles } from "./coldFiles.ts";
import type { CollectionTiers } from "./collectionTiers.ts";

export interface PromotionsOptions {
  readonly directories: CollectionDirectories;
  readonly stored: StoredSnapshots;
  readonly tiers: CollectionTiers;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Makes the files of a collection from a snapshot, verified and durable, in a directory that is not there yet. */
export type FilesMaking = (snapshot: RestorableSnapshot, directory: string) => Promise<unknown>;

interface Fetching {
  readonly record: CollectionRecord;
  readonly deadline: Deadline;
  readonly span: Span | undefined;
  readonly makeFiles: FilesMaking;
}

interface Failure {
  readonly error: AkiDbError;
  /** Until then it is the answer, by the monotonic clock. */
  readonly untilMs: number;
  readonly pauseMs: number;
}

/** Each takes the disk and the network for itself: the others wait for their turn. */
const promotionsAtOnceMax = 4;

const failurePauseMinMs = 1_000;
const failurePauseMaxMs = 60_000;

/**
 * Brings cold collections back: fetched, verified and named before the catalog says that their files count again. What a crash
 * leaves in between, the next start removes, since until then the object store has the collection.
 */
export class Promotions {
  readonly #options: PromotionsOptions;
  readonly #slots = new Slots(promotionsAtOnceMax);
  readonly #failures = new Map<CollectionId, Failure>();
  readonly #aborts = new Map<CollectionId, AbortController>();
  #isStopped = false;

  constructor(options: PromotionsOptions) {
    this.#options = options;
  }

  /** Ends what is under way, and begins none any more. */
  stop(): void {
    this.#isStopped = true;
    for (const id of this.#aborts.keys()) this.abort(id, "the database is closing");
  }

  /** Ends the promotion of a collection; its copy stays. */
  abort(id: CollectionId, reason: string): void {
    this.#aborts.get(id)?.abort(unavailable(reason));
  }

  /**
   * What its copy says of a cold collection, where this machine knows no more.
   *
   * @returns undefined where the store cannot be asked
   */
  async describe({ id }: CollectionRecord): Promise<ClosedSummary | undefined> {
    const { stored, tiers } = this.#options;
    const { snapshotId } = tiers.of(id);
    const manifest = snapshotId && (await stored.manifest(id, snapshotId).catch(() => undefined));
    if (!manifest) return undefined;
    const { documentCount } = manifest;
    const memoryBytes = checkpointBytes(manifest);
    return { documentCount, indexedCount: 0, memoryBytes, diskBytes: 0, lastUsedAtMs: 0, isSettled: true };
  }

  /**
   * Once at a time for each collection; nothing else changes its files meanwhile.
   *
   * @throws AkiDbError what the store rejects with, `failed_precondition` for a copy that is damaged, `quota_exceeded`
   */
  async fetch(record: CollectionRecord, makeFiles: FilesMaking): Promise<void> {
    const { clock, telemetry, log } = this.#options;
    if (this.#isStopped) throw unavailable("the database is closing");
    const before = this.#failures.get(record.id);
    if (before !== undefined && clock.monotonicMs() < before.untilMs) throw before.error;
    const abort = new AbortController();
    this.#aborts.set(record.id, abort);
    const deadline = noDeadline(abort.signal);
    const span = telemetry.tracer.begin("tier migration");
    span?.set({ "akidb.operation": "promote_to_hot", "akidb.collection_id": record.id });
    try {
      using _slot = await this.#slots.take(deadline);
      await recorded(span, () => this.#fetch({ record, deadline, span, makeFiles }));
      this.#failures.delete(record.id);
    } catch (cause) {
      const error = toAkiDbError(cause);
      const pauseMs = Math.min(failurePauseMaxMs, 2 * (before?.pauseMs ?? failurePauseMinMs / 2));
      this.#failures.set(record.id, { error, untilMs: clock.monotonicMs() + pauseMs, pauseMs });
      if (!abort.signal.aborted) log({ kind: "promotion_failed", collection: record.name, cause });
      throw error;
    } finally {
      this.#aborts.delete(record.id);
    }
  }

  async #fetch({ record, deadline, span, makeFiles }: Fetching): Promise<void> {
    const { tiers, clock, directories } = this.#options;
    const { id } = record;
    const snapshotId = await this.#copyOf(record);
    try {
      const snapshot = await inSpan(span, "fetch", () => this.#download(id, snapshotId, deadline));
      deadline.check();
      await inSpan(span, "load", () => this.#makeFiles(record, snapshot, makeFiles));
    } finally {
      // What cannot be removed now goes with the next promotion, or start.
      await directories.abandonFetching(id).catch(() => {});
      await directories.abandonPromotion(id).catch(() => {});
    }
    await inSpan(span, "metadata", async () => {
      tiers.accessOf(id).beginWindow(clock.nowMs());
      await tiers.set(id, { tier: "hot" });
    });
  }

  async #copyOf(record: CollectionRecord): Promise<SnapshotId> {
    const { directories, tiers } = this.#options;
    const { snapshotId } = tiers.of(record.id);
    if (snapshotId === null)
      throw failedPrecondition("the catalog does not say what the collection consists of");
    await directories.ensure(record.id);
    const directory = directories.path(record.id);
    const copy = await readColdCopy(nodeDisk, directory);
    if (copy?.snapshotId !== snapshotId && (await holdsOwnFiles(directories, record)))
      throw foreignFiles(record);
    return snapshotId;
  }

  async #download(
    collectionId: CollectionId,
    id: SnapshotId,
    deadline: Deadline,
  ): Promise<RestorableSnapshot> {
    const { directories, stored } = this.#options;
    const directory = directories.fetchingPath(collectionId);
    await directories.abandonFetching(collectionId);
    try {
      await stored.download({ collectionId, id, directory }, deadline);
    } catch (error) {
      throw copyRefusal(id, error);
    }
    return { directory, manifest: await readSnapshotManifest({ disk: nodeDisk, directory }) };
  }

  /** Under the collection's own name when it resolves; until the catalog says that they count, they are no more than the copy. */
  async #makeFiles(
    record: CollectionRecord,
    snapshot: RestorableSnapshot,
    makeFiles: FilesMaking,
  ): Promise<void> {
    const { directories } = this.#options;
    const { id } = record;
    const directory = directories.promotingFilesPath(record);
    await directories.abandonPromotion(id);
    await makeFiles(snapshot, directory);
    const restores = await readRestores(nodeDisk, directories.filesPath(record));
    if (restores.length > 0) await writeRestores(nodeDisk, directory, restores);
    const { snapshotId } = snapshot.manifest;
    const bytes = snapshotBytes(snapshot.manifest);
    await writeColdCopy(nodeDisk, directories.promotingPath(id), { snapshotId, bytes });
    await directories.finishPromotion(id);
  }
}

const foreignFiles = ({ name }: CollectionRecord): AkiDbError =>
  failedPrecondition(
    `the catalog says that collection "${name}" is in the object store, and there are files of it on this machine that ` +
      "were written since: one of both is of another time. Put the catalog of these files back, or move the collection's " +
      "directory elsewhere to have it fetched",
  );
