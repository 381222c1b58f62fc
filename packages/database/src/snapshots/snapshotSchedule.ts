import { type Clock, type CollectionId, formatTimestamp, noDeadline, type SnapshotInfo } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk } from "@akidb/engine";
import { readRestores } from "../archive/restores.ts";
import type { CollectionUse, LiveCollection, LiveCollections } from "../collections/liveCollections.ts";
import type { Log } from "../logEvent.ts";
import { removeSurplusSnapshots } from "./removeSurplusSnapshots.ts";
import type { SnapshotOptions } from "./snapshotOptions.ts";
import type { Snapshots } from "./snapshots.ts";

export interface SnapshotScheduleOptions {
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly snapshot: SnapshotOptions;
  readonly log: Log;
}

/** What is known of a collection's snapshots from the last look at them. */
interface Known {
  /** When the last scheduled one was made, or else the collection. */
  readonly scheduledAtMs: number;
  /** Whoever asked for them; the oldest first. */
  readonly ready: readonly SnapshotInfo[];
  /** Of the last of them; 0 where there is none. */
  readonly lastLsn: number;
}

/** That a snapshot has all that the collection has, as long as nobody uses the collection. */
interface Unchanged {
  readonly use: CollectionUse;
  readonly lsn: number;
  /** Until then the snapshot is not looked for, by the monotonic clock. */
  readonly untilMs: number;
}

interface State {
  known: Known | undefined;
  unchanged: Unchanged | undefined;
  /** Nothing is done before, by the monotonic clock. */
  pausedUntilMs: number;
  failureCount: number;
}

const tickMs = 1_000;

/** Where nothing has changed, what snapshots there are is not looked at again before. */
const unchangedPauseMs = 10_000;

/** Of a collection that nobody uses. */
const unusedPauseMinMs = 60_000;

const failurePauseMinMs = 60_000;
const failurePauseMaxMs = 3_600_000;

/**
 * Makes snapshots of the collections that have changed, by time or by growth, one at a time over all collections, and
 * removes the oldest of those it made. It keeps no record but the snapshots themselves.
 */
export class SnapshotSchedule {
  readonly #options: SnapshotScheduleOptions;
  readonly #states = new Map<CollectionId, State>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SnapshotScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    const { intervalMs, afterBytes } = this.#options.snapshot;
    if (this.#isStopped || (intervalMs === 0 && afterBytes === 0)) return;
    this.#timer = setInterval(() => void this.runDue(), tickMs);
    this.#timer.unref();
  }

  /** Begins no snapshot any more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Makes the snapshots that are due now. Never rejects: what fails is logged, and tried again later. */
  runDue(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const records = this.#options.collections.records();
    const present = new Set(records.map(({ id }) => id));
    for (const id of this.#states.keys()) if (!present.has(id)) this.#states.delete(id);
    for (const record of records) {
      if (this.#isStopped) return;
      await this.#run(record);
    }
  }

  async #run(record: CollectionRecord): Promise<void> {
    const { clock } = this.#options;
    const state = this.#stateOf(record.id);
    if (clock.monotonicMs() < state.pausedUntilMs) return;
    if (state.known !== undefined && !this.#isDue(record, state.known)) return;
    if (this.#isBusy(record) || this.#isSurelyUnchanged(record, state)) return;
    try {
      const outcome = await this.#makeIfDue(record, state);
      state.failureCount = 0;
      if (outcome === "unchanged") state.pausedUntilMs = clock.monotonicMs() + unchangedPauseMs;
    } catch {
      const pauseMs = Math.min(failurePauseMaxMs, failurePauseMinMs * 2 ** state.failureCount);
      state.failureCount += 1;
      state.pausedUntilMs = clock.monotonicMs() + pauseMs;
    }
  }

  /** @throws what is logged already */
  async #makeIfDue(record: CollectionRecord, state: State): Promise<"done" | "unchanged"> {
    const { snapshots, collections, log } = this.#options;
    const live = await this.#openIfDue(record, state).catch((cause: unknown) => {
      if (!this.#isStopped) log({ kind: "snapshot_failed", collection: record.name, cause });
      throw cause;
    });
    if (live === undefined) return state.unchanged === undefined ? "done" : "unchanged";
    const use = collections.useOf(record);
    const { lastLsn } = live.collection;
    if (!(await this.#hasChanged(record, { lastLsn, ready: state.known?.ready ?? [] }))) {
      live[Symbol.dispose]();
      state.unchanged = use && this.#unchanged({ ...use, count: use.count + 1 }, lastLsn);
      return "unchanged";
    }
    if (this.#isStopped || this.#isBusy(record)) {
      live[Symbol.dispose]();
      return "done";
    }
    const { finished } = await snapshots.create(live, { origin: "scheduled" });
    const { id } = await finished;
    state.known = undefined;
    const { snapshot } = this.#options;
    await removeSurplusSnapshots({ snapshots, record, retainCount: snapshot.retainCount, newestId: id, log });
    return "done";
  }

  /** @returns undefined where nothing is due, or nobody has used the collection since it had not changed */
  async #openIfDue(record: CollectionRecord, state: State): Promise<LiveCollection | undefined> {
    const known = await this.#look(record);
    state.known = known;
    const { unchanged } = state;
    if (unchanged !== undefined && this.#isUnused(record, unchanged)) {
      if (known.ready.some(({ lsn }) => lsn === unchanged.lsn)) {
        state.unchanged = this.#unchanged(unchanged.use, unchanged.lsn);
        return undefined;
      }
    }
    state.unchanged = undefined;
    if (this.#isStopped || !this.#isDue(record, known)) return undefined;
    const { collections } = this.#options;
    return await collections.get(record.databaseId, record.id, noDeadline(), { isAccess: false });
  }

  #isDue(record: CollectionRecord, { scheduledAtMs, lastLsn }: Known): boolean {
    const { clock, snapshot, collections } = this.#options;
    const { intervalMs, afterBytes } = snapshot;
    const elapsedMs = clock.nowMs() - scheduledAtMs;
    // A clock that was set back must not keep snapshots from being made.
    if (intervalMs > 0 && (elapsedMs >= intervalMs || elapsedMs < 0)) return true;
    if (afterBytes === 0) return false;
    using lease = collections.borrow(record);
    return lease !== undefined && lease.collection.snapshots.logGrowthSince(lastLsn) >= afterBytes;
  }

  /** Also one that cannot be kept now, because it is damaged or not known yet, and one that is kept as a snapshot anyway. */
  #isBusy(record: CollectionRecord): boolean {
    const { collections, snapshots } = this.#options;
    const served = collections.peek(record.id);
    if (collections.tierOf(record) === "cold") return true;
    return served === undefined || "reason" in served || snapshots.isBusy(record.id);
  }

  #isSurelyUnchanged(record: CollectionRecord, { unchanged }: State): boolean {
    if (unchanged === undefined || this.#options.clock.monotonicMs() >= unchanged.untilMs) return false;
    return this.#isUnused(record, unchanged);
  }

  #isUnused(record: CollectionRecord, { use }: Unchanged): boolean {
    const now = this.#options.collections.useOf(record);
    return now?.slot === use.slot && now.count === use.count;
  }

  #unchanged(use: CollectionUse, lsn: number): Unchanged {
    const { clock, snapshot } = this.#options;
    const untilMs = clock.monotonicMs() + Math.max(unusedPauseMinMs, snapshot.intervalMs);
    return { use, lsn, untilMs };
  }

  async #look(record: CollectionRecord): Promise<Known> {
    const ready = readyOf(await this.#options.snapshots.listLocal(record));
    // Those of a clock that was ahead say nothing about what came last.
    const now = formatTimestamp(this.#options.clock.nowMs());
    const past = ready.filter(({ createdAt }) => createdAt <= now);
    const scheduledAt = past.findLast(({ origin }) => origin === "scheduled")?.createdAt ?? record.createdAt;
    return { scheduledAtMs: Date.parse(scheduledAt), ready, lastLsn: past.at(-1)?.lsn ?? 0 };
  }

  async #hasChanged(
    record: CollectionRecord,
    { lastLsn, ready }: { readonly lastLsn: number; readonly ready: readonly SnapshotInfo[] },
  ): Promise<boolean> {
    const same = ready.findLast(({ lsn }) => lsn === lastLsn);
    if (same === undefined) return true;
    const directory = this.#options.collections.directoryOf(record);
    // Of a collection that was restored the same LSN may mean something else.
    const restores = await readRestores(nodeDisk, directory).catch(() => undefined);
    return restores === undefined || restores.some(({ atMs }) => atMs >= Date.parse(same.createdAt));
  }

  #stateOf(id: CollectionId): State {
    const found = this.#states.get(id);
    if (found !== undefined) return found;
    const state: State = {
      known: undefined,
      unchanged: undefined,
      pausedUntilMs: Number.NEGATIVE_INFINITY,
      failureCount: 0,
    };
    this.#states.set(id, state);
    return state;
  }
}

/** The oldest first. */
function readyOf(infos: readonly SnapshotInfo[]): readonly SnapshotInfo[] {
  const ready = infos.filter(({ state }) => state === "ready");
  return ready.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
}
