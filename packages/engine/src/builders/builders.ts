import { Worker } from "node:worker_threads";
import { type Kernel, loadKernel, readKernelFiles, type Segment } from "@akidb/kernel";
import type { BuilderReply, BuilderRequest, LinkWorkerData } from "./linkMessage.ts";

/** Rows that a builder links before it turns to the next segment: some tens of milliseconds. */
const rowsPerTurn = 128;

interface Job {
  readonly segment: Segment;
  readonly id: number;
  readonly onLost: () => void;
  readonly onLinked: (() => void) | undefined;
  /** Turns that builders have in hand. */
  turns: number;
}

export interface BuildersOptions {
  readonly threadCount: number;
  /** A thread that runs `linkWorker` with the data; a worker of this process if absent. */
  readonly startWorker?: (data: LinkWorkerData) => Worker;
}

interface Builder {
  readonly worker: Worker;
  readonly known: Set<number>;
  job: Job | undefined;
}

/**
 * Threads that link rows into graphs behind the writer's back: as many as asked for, started with the first work and
 * asleep without any. Segments with unlinked rows take turns; several builders work on one segment when it has rows
 * for all.
 */
export class Builders {
  readonly kernel: Kernel;
  readonly #options: BuildersOptions;
  readonly #builders: Builder[] = [];
  readonly #jobs = new Map<Segment, Job>();
  /** Segments that want work, in the order of their turns. */
  readonly #waiting: Job[] = [];
  /** Segments that no builder takes up for now. */
  readonly #paused = new WeakSet<Segment>();
  readonly #idleWatchers = new Map<Job, (() => void)[]>();
  #nextId = 1;
  #closed = false;

  /** @throws AkiDbError `failed_precondition` where the runtime cannot run the kernel */
  constructor(options: BuildersOptions) {
    this.#options = options;
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
      job = { segment, id: this.#nextId++, onLost, onLinked, turns: 0 };
      this.#jobs.set(segment, job);
    }
    if (!this.#waiting.includes(job)) this.#waiting.push(job);
    this.#dispatch();
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

  /** Resolves when no builder has anything of the segment in hand, or ever will. */
  async forget(segment: Segment): Promise<void> {
    const job = this.#jobs.get(segment);
    if (job === undefined) return;
    this.#retire(job);
    await this.#idle(job);
    for (const { worker, known } of this.#builders) {
      if (known.delete(job.id)) send(worker, { kind: "forget", segmentId: job.id });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
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
    while (!this.#closed && this.#waiting.length > 0) {
      const builder = this.#idleBuilder();
      if (builder === undefined) return;
      const job = this.#waiting.shift()!;
      const unclaimed = job.segment.unclaimedCount;
      if (unclaimed === 0 || this.#paused.has(job.segment)) continue;
      this.#giveTurn(builder, job);
      if (unclaimed > rowsPerTurn * job.turns) this.#waiting.push(job);
    }
  }

  #giveTurn(builder: Builder, job: Job): void {
    job.turns += 1;
    builder.job = job;
    builder.worker.ref();
    const isNew = !builder.known.has(job.id);
    builder.known.add(job.id);
    const handle = isNew ? job.segment.handle() : undefined;
    send(builder.worker, { kind: "link", segmentId: job.id, handle, rowsMax: rowsPerTurn });
  }

  #idleBuilder(): Builder | undefined {
    const idle = this.#builders.find(({ job }) => job === undefined);
    if (idle !== undefined || this.#builders.length === this.#options.threadCount) return idle;
    const builder = this.#startBuilder();
    this.#builders.push(builder);
    return builder;
  }

  #startBuilder(): Builder {
    const { startWorker = startLinkWorker } = this.#options;
    const worker = startWorker({ kernel: this.kernel });
    // An idle builder does not keep the process alive.
    worker.unref();
    const builder: Builder = { worker, known: new Set(), job: undefined };
    worker.on("message", (_reply: BuilderReply) => this.#endTurn(builder));
    // What went wrong in it shows in its exit, too.
    worker.on("error", () => {});
    worker.on("exit", () => this.#lose(builder));
    return builder;
  }

  /** Another one is started when there is work for it. */
  #lose(builder: Builder): void {
    if (this.#closed) return;
    this.#builders.splice(this.#builders.indexOf(builder), 1);
    const { job } = builder;
    if (job === undefined) return;
    builder.job = undefined;
    job.turns -= 1;
    const isFirstLoss = this.#jobs.get(job.segment) === job;
    this.#retire(job);
    // Those who work on the same segment may wait for a lock that nobody opens any more.
    for (const { worker, job: other } of this.#builders) if (other === job) void worker.terminate();
    if (isFirstLoss) job.onLost();
    this.#tellIfIdle(job);
    this.#dispatch();
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

  #endTurn(builder: Builder): void {
    const job = builder.job!;
    builder.job = undefined;
    builder.worker.unref();
    job.turns -= 1;
    const isKept = this.#jobs.get(job.segment) === job;
    if (isKept && job.segment.unclaimedCount > 0 && !this.#waiting.includes(job)) this.#waiting.push(job);
    this.#tellIfIdle(job);
    if (isKept && job.turns === 0 && job.segment.unclaimedCount === 0) job.onLinked?.();
    this.#dispatch();
  }
}

/** Options of the process may not be a worker's: `--input-type`, say. */
const startLinkWorker = (workerData: LinkWorkerData): Worker =>
  new Worker(workerUrl, { workerData, execArgv: [] });

const send = (worker: Worker, request: BuilderRequest): void => worker.postMessage(request);

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/builders(\.[jt]s)$/, "linkWorker$1"));
