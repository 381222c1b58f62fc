import { Worker } from "node:worker_threads";
import {
  type Kernel,
  loadKernel,
  readKernelFiles,
  type SearchResult,
  type Segment,
  type SegmentHandle,
  segmentThreadsMax,
} from "@akidb/kernel";
import type { BuilderData, BuilderReply, BuilderRequest } from "./builderMessage.ts";
import { PoolScan, type PoolScanQuery } from "./poolScan.ts";

/** Rows that a builder links before it turns to the next segment: some tens of milliseconds. */
const rowsPerTurn = 128;

/** Scans that are waiting or under way: enough to keep builders busy, for more would only wait longer. */
const scansMax = 32;

/** Turns of scans in a row, all builders together, while there are rows to link: the tail must not grow for ever. */
const scanTurnsMax = 16;

/** The others hold a segment's working space, too: its writer, and a search in slices in the calling thread. */
const threadsMax = segmentThreadsMax - 2;

interface Job {
  readonly segment: Segment;
  readonly onLost: () => void;
  readonly onLinked: (() => void) | undefined;
  /** Turns that builders have in hand. */
  turns: number;
}

/** What a builder has in hand. */
type Turn =
  | { readonly kind: "link"; readonly job: Job }
  | { readonly kind: "scan"; readonly scan: PoolScan; readonly part: number };

export interface BuildersOptions {
  /** More than a segment has working spaces for are not started. With none, nothing is linked or scanned. */
  readonly threadCount: number;
  /** Working spaces of each segment that are left at least to other threads, which search what is shared; 0 if absent. */
  readonly guestSlotsMin?: number;
  /** A thread that runs `builderWorker` with the data; a worker of this process if absent. */
  readonly startWorker?: (data: BuilderData) => Worker;
}

interface Builder {
  readonly worker: Worker;
  readonly known: Set<number>;
  turn: Turn | undefined;
}

/**
 * Threads that link rows into graphs behind the writer's back, and look at many rows in place of a serving thread: as
 * many as asked for, started with the first work and asleep without any. Segments with unlinked rows take turns; several
 * builders work on one segment when it has rows for all. Scans go first, between two turns, for a search waits for them.
 */
export class Builders {
  readonly kernel: Kernel;
  readonly threadCount: number;
  /** The first of the working spaces that no builder needs, nor who writes: others may take those, and only those. */
  readonly firstGuestSlot: number;
  readonly #options: BuildersOptions;
  readonly #builders: Builder[] = [];
  readonly #jobs = new Map<Segment, Job>();
  /** Segments that want work, in the order of their turns. */
  readonly #waiting: Job[] = [];
  /** Segments that no builder takes up for now. */
  readonly #paused = new WeakSet<Segment>();
  readonly #idleWatchers = new Map<Job, (() => void)[]>();
  /** In the order of their arrival; those that have not ended. */
  readonly #scans = new Set<PoolScan>();
  #scanTurnsInARow = 0;
  readonly #ids = new WeakMap<Segment, number>();
  #nextId = 1;
  #linkedRowCount = 0;
  #closed = false;

  /** @throws AkiDbError `failed_precondition` where the runtime cannot run the kernel */
  constructor(options: BuildersOptions) {
    this.#options = options;
    this.threadCount = Math.min(options.threadCount, threadsMax - (options.guestSlotsMin ?? 0));
    this.firstGuestSlot = segmentThreadsMax - threadsMax + this.threadCount;
    this.kernel = loadKernel(readKernelFiles());
  }

  /**
   * Asks for the segment's unclaimed rows to be linked, some time soon.
   *
   * @param onLost called if a builder dies with the segment in hand: its graph may be half changed and its nodes locked,
   * so it must be searched for no longer than it takes to build it anew
   * @param onLinked called whenever there is nothing left to link of the segment
   */
  link(segment: Segment, onLost: () => void, onLinked?: () => void): void {
    let job = this.#jobs.get(segment);
    if (job === undefined) {
      job = { segment, onLost, onLinked, turns: 0 };
      this.#jobs.set(segment, job);
    }
    if (!this.#waiting.includes(job)) this.#waiting.push(job);
    this.#dispatch();
  }

  /** Rows that have got their places in graphs since the start. */
  get linkedRowCount(): number {
    return this.#linkedRowCount;
  }

  /** Segments and scans that have work for which no builder is free. */
  get queueDepth(): number {
    const waitingScans = [...this.#scans].filter(({ isWaiting }) => isWaiting).length;
    return this.#waiting.length + waitingScans;
  }

  /** Resolves when no builder has anything of the segment in hand; none takes it up before it is resumed. */
  async pause(segment: Segment): Promise<void> {
    this.#paused.add(segment);
    const job = this.#jobs.get(segment);
    if (job !== undefined) await this.#idle(job);
  }

  /** Work that was asked for before or during the pause is not forgotten. */
  resume(segment: Segment): void {
    this.#paused.delete(segment);
    const job = this.#jobs.get(segment);
    if (job === undefined || job.segment.unclaimedCount === 0) return;
    if (!this.#waiting.includes(job)) this.#waiting.push(job);
    this.#dispatch();
  }

  /**
   * Looks at every candidate of the parts.
   *
   * @returns the nearest of each part, in their order; undefined where builders cannot take it now or could not finish
   *   it, or it was stopped by the signal: a scan changes nothing, so its caller can do it as well
   */
  async scan(query: PoolScanQuery): Promise<readonly SearchResult[] | undefined> {
    const { signal } = query;
    if (this.#closed || this.threadCount === 0 || this.#scans.size >= scansMax || signal.aborted)
      return undefined;
    const scan = new PoolScan(query);
    this.#scans.add(scan);
    const stop = (): void => scan.stop();
    signal.addEventListener("abort", stop, { once: true });
    void scan.ended.then(() => this.#scans.delete(scan));
    this.#dispatch();
    try {
      return await scan.result;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Resolves when no builder has anything of the segment in hand, or ever will: scans of it are finished first. */
  async forget(segment: Segment): Promise<void> {
    const job = this.#jobs.get(segment);
    if (job !== undefined) {
      this.#retire(job);
      await this.#idle(job);
    }
    await Promise.all([...this.#scans].filter((scan) => scan.reads(segment)).map(({ ended }) => ended));
    const segmentId = this.#ids.get(segment);
    if (segmentId === undefined || this.#closed) return;
    for (const { worker, known } of this.#builders) {
      if (known.delete(segmentId)) send(worker, { kind: "forget", segmentId });
    }
  }

  /** Scans under way are left to their callers. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    for (const scan of this.#scans) scan.stop();
    await Promise.all(this.#builders.map(({ worker }) => worker.terminate()));
    for (const resolve of [...this.#idleWatchers.values()].flat()) resolve();
  }

  /** Resolves at the end of the last turn that builders have in hand. */
  async #idle(job: Job): Promise<void> {
    if (job.turns === 0 || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#idleWatchers.set(job, [...(this.#idleWatchers.get(job) ?? []), resolve]);
    });
  }

  #dispatch(): void {
    while (!this.#closed) {
      const scan = this.#nextScan();
      if (scan === undefined && this.#waiting.length === 0) return;
      const builder = this.#idleBuilder();
      if (builder === undefined) return;
      if (scan === undefined) this.#giveLinks(builder);
      else this.#givePart(builder, scan);
    }
  }

  /** Undefined also where it is the turn of rows to be linked. */
  #nextScan(): PoolScan | undefined {
    if (this.#scanTurnsInARow >= scanTurnsMax && this.#waiting.length > 0) return undefined;
    for (const scan of this.#scans) if (scan.isWaiting) return scan;
    return undefined;
  }

  #giveLinks(builder: Builder): void {
    this.#scanTurnsInARow = 0;
    const job = this.#waiting.shift()!;
    const { segment } = job;
    const unclaimed = segment.unclaimedCount;
    if (unclaimed === 0 || this.#paused.has(segment)) return;
    job.turns += 1;
    begin(builder, { kind: "link", job });
    send(builder.worker, { kind: "link", ...this.#address(builder, segment), rowsMax: rowsPerTurn });
    if (unclaimed > rowsPerTurn * job.turns) this.#waiting.push(job);
  }

  #givePart(builder: Builder, scan: PoolScan): void {
    this.#scanTurnsInARow += 1;
    const { vector, k, parts } = scan.query;
    const part = scan.take();
    const { segment, firstRow = 0 } = parts[part]!;
    const candidates = parts[part]!.candidates.slice();
    begin(builder, { kind: "scan", scan, part });
    send(
      builder.worker,
      {
        kind: "scan",
        ...this.#address(builder, segment),
        vector,
        query: { k, candidates, firstRow },
        stopFlag: scan.stopFlag,
      },
      [candidates.buffer],
    );
  }

  /** What tells the builder which segment is meant. */
  #address(
    { known }: Builder,
    segment: Segment,
  ): { readonly segmentId: number; readonly handle: SegmentHandle | undefined } {
    const segmentId = this.#ids.get(segment) ?? this.#nextId++;
    this.#ids.set(segment, segmentId);
    const handle = known.has(segmentId) ? undefined : segment.handle();
    known.add(segmentId);
    return { segmentId, handle };
  }

  #idleBuilder(): Builder | undefined {
    const idle = this.#builders.find(({ turn }) => turn === undefined);
    if (idle !== undefined || this.#builders.length >= this.threadCount) return idle;
    const builder = this.#startBuilder();
    this.#builders.push(builder);
    return builder;
  }

  #startBuilder(): Builder {
    const { startWorker = startBuilderWorker } = this.#options;
    const worker = startWorker({ kernel: this.kernel });
    // An idle builder does not keep the process alive.
    worker.unref();
    const builder: Builder = { worker, known: new Set(), turn: undefined };
    worker.on("message", (reply: BuilderReply) => this.#endTurn(builder, reply));
    // What went wrong in it shows in its exit, too.
    worker.on("error", () => {});
    worker.on("exit", () => this.#lose(builder));
    return builder;
  }

  /** Another one is started when there is work for it. */
  #lose(builder: Builder): void {
    const { turn } = builder;
    builder.turn = undefined;
    if (turn?.kind === "scan") {
      turn.scan.stop();
      turn.scan.put(turn.part, undefined);
    }
    if (this.#closed) return;
    this.#builders.splice(this.#builders.indexOf(builder), 1);
    if (turn?.kind === "link") this.#loseJob(turn.job);
    this.#dispatch();
  }

  #loseJob(job: Job): void {
    job.turns -= 1;
    const isFirstLoss = this.#jobs.get(job.segment) === job;
    this.#retire(job);
    // Those who work on the same segment may wait for a lock that nobody opens any more.
    for (const { worker, turn } of this.#builders) {
      if (turn?.kind === "link" && turn.job === job) void worker.terminate();
    }
    if (isFirstLoss) {
      job.onLost();
      // Those who only know it.
      void this.forget(job.segment);
    }
    this.#tellIfIdle(job);
  }

  #retire(job: Job): void {
    this.#jobs.delete(job.segment);
    const waitingAt = this.#waiting.indexOf(job);
    if (waitingAt >= 0) this.#waiting.splice(waitingAt, 1);
  }

  #tellIfIdle(job: Job): void {
    if (job.turns > 0) return;
    for (const resolve of this.#idleWatchers.get(job) ?? []) resolve();
    this.#idleWatchers.delete(job);
  }

  #endTurn(builder: Builder, reply: BuilderReply): void {
    const turn = builder.turn!;
    builder.turn = undefined;
    builder.worker.unref();
    if (reply.kind === "linked") this.#linkedRowCount += reply.linkedCount;
    if (turn.kind === "link") this.#endLinks(turn.job);
    else turn.scan.put(turn.part, reply.kind === "scanned" ? reply.result : undefined);
    this.#dispatch();
  }

  #endLinks(job: Job): void {
    job.turns -= 1;
    const isKept = this.#jobs.get(job.segment) === job;
    if (isKept && job.segment.unclaimedCount > 0 && !this.#waiting.includes(job)) this.#waiting.push(job);
    this.#tellIfIdle(job);
    if (isKept && job.turns === 0 && job.segment.unclaimedCount === 0) job.onLinked?.();
  }
}

function begin(builder: Builder, turn: Turn): void {
  builder.turn = turn;
  builder.worker.ref();
}

/** Options of the process may not be a worker's: `--input-type`, say. */
const startBuilderWorker = (workerData: BuilderData): Worker =>
  new Worker(workerUrl, { workerData, execArgv: [] });

const send = (worker: Worker, request: BuilderRequest, handedOver: readonly ArrayBuffer[] = []): void =>
  worker.postMessage(request, handedOver);

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/builders(\.[jt]s)$/, "builderWorker$1"));
