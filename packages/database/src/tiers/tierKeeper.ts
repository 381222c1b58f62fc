import {
  assertNever,
  type Clock,
  type CollectionId,
  type CollectionTier,
  type Deadline,
  failedPrecondition,
  noDeadline,
  orAborted,
  type Tier,
  type TierAction,
  type TierMetrics,
  tiers as tierNames,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { inParallel } from "../collections/inParallel.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Log } from "../logEvent.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import type { ColdCopies } from "./coldCopies.ts";
import type { CollectionTiers } from "./collectionTiers.ts";
import { decideTiers, type TierMove, type TierRow } from "./decideTiers.ts";
import type { Demotions } from "./demotions.ts";
import type { TierRules } from "./tierRules.ts";

export interface TierKeeperOptions {
  readonly collections: LiveCollections;
  readonly tiers: CollectionTiers;
  readonly demotions: Demotions;
  readonly coldCopies: ColdCopies;
  readonly rules: TierRules;
  /** Whether the object store outlives the process. */
  readonly isStoreLasting: boolean;
  readonly clock: Clock;
  readonly meter: DatabaseMeter;
  readonly log: Log;
}

export interface TierChange {
  readonly record: CollectionRecord;
  readonly action: TierAction;
  /** Whether to wait until it is done. */
  readonly wait: boolean;
  readonly deadline: Deadline;
}

interface Pause {
  readonly untilMs: number;
  readonly ms: number;
}

/** Moves of the rules at the same time. */
const movesAtOnceMax = 4;

/** Where a move failed, it is not tried again before, by the monotonic clock. */
const failurePauseMinMs = 60_000;
const failurePauseMaxMs = 3_600_000;

/** Of a collection that is to be closed and in use. */
const idleLookMs = 20;
const idleWaitMaxMs = 10_000;

/** Keeps each collection in the tier that the rules, or whoever asks, want it in. */
export class TierKeeper {
  readonly #options: TierKeeperOptions;
  readonly #pauses = new Map<CollectionId, Pause>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: TierKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = setInterval(() => {
      void this.flush();
      void this.runDue();
    }, this.#options.rules.intervalMs);
    this.#timer.unref();
  }

  /** Begins no move any more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Ends what is under way, and writes down how collections were used. */
  async close(): Promise<void> {
    this.stop();
    await this.#options.demotions.close();
    await this.#running;
    await this.flush();
  }

  /** Brings the catalog up to date with uses. Never rejects: what fails is logged, and tried again later. */
  flush(): Promise<void> {
    const { tiers, log } = this.#options;
    this.#flushing ??= tiers
      .flush()
      .catch((cause: unknown) => log({ kind: "tiers_failed", cause }))
      .finally(() => {
        this.#flushing = undefined;
      });
    return this.#flushing;
  }

  /** Makes the moves that are due now. Never rejects: what fails is logged, and tried again later. */
  runDue(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** @throws AkiDbError `failed_precondition` for what the collection's policy, its tier or a pin does not let */
  async change({ record, action, wait, deadline }: TierChange): Promise<CollectionTier> {
    const { tiers } = this.#options;
    const work = this.#begin(record, action, wait ? deadline : noDeadline());
    // What is begun goes on, whoever waits for it; what fails then is logged where it fails.
    work.catch(() => {});
    if (wait) await orAborted(work, deadline);
    else await Promise.race([work, new Promise<void>((resolve) => setImmediate(resolve))]);
    return tiers.describe(record.id);
  }

  /** Of these collections. */
  metrics(records: Iterable<CollectionRecord>): TierMetrics {
    const { collections, demotions } = this.#options;
    const use = { collectionCount: 0, memoryBytes: 0, diskBytes: 0, objectBytes: 0 };
    const metrics = Object.fromEntries(tierNames.map((tier) => [tier, { ...use }])) as Record<
      Tier,
      typeof use
    >;
    for (const record of records) {
      const { openMemory, disk } = collections.bytesOf(record);
      const sum = metrics[collections.tierOf(record)];
      sum.collectionCount += 1;
      sum.memoryBytes += openMemory;
      sum.diskBytes += disk;
      sum.objectBytes += demotions.copyBytesOf(record.id);
    }
    return metrics;
  }

  async #begin(record: CollectionRecord, action: TierAction, deadline: Deadline): Promise<void> {
    const { tiers } = this.#options;
    switch (action) {
      case "pin":
        return await tiers.set(record.id, { pinned: true });
      case "unpin":
        return await tiers.set(record.id, { pinned: false });
      case "promote_to_hot":
        return await this.#promote(record, deadline);
      case "demote_to_warm":
        return await this.#demoteToWarm(record, deadline);
      case "demote_to_cold":
        return await this.#demoteToCold(record);
      default:
        return assertNever(action);
    }
  }

  /** For good: it goes back by the rules of time alone. */
  async #promote(record: CollectionRecord, deadline: Deadline): Promise<void> {
    const { collections, demotions } = this.#options;
    await demotions.cancel(record.id, "the collection is to be hot");
    const live = await collections.get(record.databaseId, record.id, deadline, { inMemory: true });
    live[Symbol.dispose]();
    await this.#letGo(record);
  }

  async #demoteToWarm(record: CollectionRecord, deadline: Deadline): Promise<void> {
    const { tiers, clock } = this.#options;
    const { tier, pinned } = tiers.of(record.id);
    if (tier === "cold") throw failedPrecondition("the collection is cold; promote_to_hot brings it back");
    if (tier === "warm") return;
    if (pinned) throw pinnedRefusal();
    const untilMs = clock.monotonicMs() + idleWaitMaxMs;
    while (!(await this.#close(record))) {
      deadline.check();
      if (clock.monotonicMs() >= untilMs || this.#isStopped) throw inUse();
      await new Promise((resolve) => setTimeout(resolve, idleLookMs));
    }
  }

  async #demoteToCold(record: CollectionRecord): Promise<void> {
    const { tiers, demotions, isStoreLasting } = this.#options;
    const { tier, pinned } = tiers.of(record.id);
    if (tier === "cold") return;
    if (record.tieringPolicy === "memory") {
      throw failedPrecondition(
        "a collection of the tiering policy memory does not leave the server's machine",
      );
    }
    if (!isStoreLasting) throw failedPrecondition("an object store of the kind memory ends with the server");
    if (pinned) throw pinnedRefusal();
    await demotions.toCold(record);
  }

  /** @returns whether it is closed */
  async #close(record: CollectionRecord): Promise<boolean> {
    const { collections, clock, meter } = this.#options;
    const startMs = clock.monotonicMs();
    const before = collections.tierOf(record);
    if (!(await collections.closeIfIdle(record))) return false;
    if (before === "hot") meter.tierMigrated("hot", "warm", clock.monotonicMs() - startMs);
    return true;
  }

  async #runAll(): Promise<void> {
    const { collections, rules, clock, isStoreLasting } = this.#options;
    if (!rules.enabled) return;
    const records = new Map(collections.records().map((record) => [record.id, record]));
    for (const id of this.#pauses.keys()) if (!records.has(id)) this.#pauses.delete(id);
    const rows = [...records.values()].map((record) => this.#rowOf(record));
    const moves = decideTiers(rows, { rules, nowMs: clock.nowMs(), isStoreLasting });
    await inParallel(movesAtOnceMax, moves, async (move) => {
      if (!this.#isStopped) await this.#move(records.get(move.id)!, move.to);
    });
  }

  #rowOf(record: CollectionRecord): TierRow {
    const { collections, tiers } = this.#options;
    const { tier, pinned, snapshotId, access, idleSinceMs } = tiers.of(record.id);
    const { count, windowStartMs } = access.now;
    const { memory, disk } = collections.bytesOf(record);
    return {
      id: record.id,
      tier,
      pinned,
      policy: record.tieringPolicy,
      idleSinceMs,
      accessCount: count,
      windowStartMs,
      isVisiting: tier !== "cold" && snapshotId !== null,
      memoryBytes: memory,
      diskBytes: disk,
    };
  }

  async #move(record: CollectionRecord, to: TierMove["to"]): Promise<void> {
    const { clock, collections, demotions, log } = this.#options;
    const pause = this.#pauses.get(record.id);
    if (pause !== undefined && clock.monotonicMs() < pause.untilMs) return;
    if (demotions.isRunning(record.id) || isUnserved(collections.peek(record.id))) return;
    try {
      switch (to) {
        case "warm":
          await this.#close(record);
          break;
        case "cold":
          await demotions.toCold(record);
          break;
        case "back":
          if ((await demotions.toCold(record, { mayCopy: false })) === "changed") await this.#letGo(record);
          break;
        case "stay":
          await this.#letGo(record);
          break;
        default:
          assertNever(to);
      }
      this.#pauses.delete(record.id);
    } catch (cause) {
      const ms = Math.min(failurePauseMaxMs, 2 * (pause?.ms ?? failurePauseMinMs / 2));
      this.#pauses.set(record.id, { untilMs: clock.monotonicMs() + ms, ms });
      if (to === "stay" && !this.#isStopped) log({ kind: "tiers_failed", cause });
    }
  }

  /** It is no more than a snapshot any more; what a demotion that was cut off has left of one goes. */
  async #letGo(record: CollectionRecord): Promise<void> {
    const { tiers, coldCopies } = this.#options;
    const { snapshotId, tier } = tiers.of(record.id);
    if (snapshotId === null || tier === "cold") return;
    if ((await coldCopies.manifest(record, snapshotId)) === undefined)
      await coldCopies.removePartly(record, snapshotId);
    await tiers.set(record.id, { snapshotId: null });
  }
}

const isUnserved = (served: ReturnType<LiveCollections["peek"]>): boolean =>
  served === undefined || "reason" in served;

const pinnedRefusal = () => failedPrecondition("the collection is pinned; unpin lets it go to a colder tier");

const inUse = () => unavailable("the collection is in use, and stays where it is", { retryAfterMs: 1_000 });
