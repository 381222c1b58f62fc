import {
  type Clock,
  failedPrecondition,
  formatTimestamp,
  type Job,
  notFound,
  type TenantId,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import type { Log } from "../logEvent.ts";

export interface JobsOptions {
  readonly clock: Clock;
  readonly log: Log;
}

/** What is to be done, and for whom. */
export interface JobWork extends Pick<Job, "id" | "kind" | "resource"> {
  /** Who may know of it. */
  readonly tenantId: TenantId;
  /** Whether somebody may end it. */
  readonly isCancellable?: true;
  /** Ends early, and rejects, when the signal aborts. */
  readonly run: (onProgress: (share: number) => void, signal: AbortSignal) => Promise<void>;
}

/** A job of a tenant's. */
export interface TenantJob {
  readonly tenantId: TenantId;
  readonly job: Job;
}

/** Jobs that have ended are remembered up to here; whoever ended longest ago is forgotten. */
const endedJobsMax = 1_000;

/**
 * What goes on after the request that began it. Jobs are kept in memory alone: what has to go on after a restart is
 * written down by whoever does it, who begins the job again, under the same id.
 */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, TenantJob>();
  readonly #running = new Map<string, Promise<void>>();
  /** Of those that may be cancelled. */
  readonly #cancels = new Map<string, AbortController>();
  readonly #abort = new AbortController();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /** Begins a job, or joins the one of this id that runs. */
  start(work: JobWork): Job {
    const known = this.#jobs.get(work.id);
    if (known !== undefined && this.#running.has(work.id)) return known.job;
    const { id, kind, resource, tenantId } = work;
    const startedAt = formatTimestamp(this.#options.clock.nowMs());
    const job: Job = {
      id,
      kind,
      resource,
      state: "running",
      stateReason: null,
      progress: 0,
      startedAt,
      endedAt: null,
    };
    this.#remember({ tenantId, job });
    const cancel = new AbortController();
    if (work.isCancellable) this.#cancels.set(id, cancel);
    const done = this.#run(work, cancel.signal).finally(() => {
      this.#running.delete(id);
      this.#cancels.delete(id);
    });
    this.#running.set(id, done);
    return job;
  }

  /** Undefined where nobody knows it any more. */
  find(id: string): TenantJob | undefined {
    return this.#jobs.get(id);
  }

  /**
   * Ends one as early as it can, and resolves when it has ended.
   *
   * @throws AkiDbError `not_found`; `failed_precondition` where it has ended before, or is none that can be cancelled
   */
  async cancel(id: string): Promise<Job> {
    const known = this.#jobs.get(id)?.job;
    if (known === undefined) throw notFound(`job ${JSON.stringify(id)}`);
    const cancel = this.#cancels.get(id);
    if (cancel === undefined) {
      const why = known.state === "running" ? "cannot be cancelled" : `is ${known.state}`;
      throw failedPrecondition(`job ${id} ${why}`);
    }
    cancel.abort(failedPrecondition("the job was cancelled"));
    await this.#running.get(id);
    return this.#jobs.get(id)?.job ?? known;
  }

  /** Ends what runs as early as it can. */
  async close(): Promise<void> {
    this.#abort.abort(unavailable("the database is closing"));
    await Promise.all(this.#running.values());
  }

  async #run({ id, kind, run }: JobWork, cancelled: AbortSignal): Promise<void> {
    const become = (change: Partial<Job>): void => {
      const { tenantId, job } = this.#jobs.get(id)!;
      this.#jobs.set(id, { tenantId, job: { ...job, ...change } });
    };
    const endedAt = () => formatTimestamp(this.#options.clock.nowMs());
    try {
      const signal = AbortSignal.any([this.#abort.signal, cancelled]);
      await run((progress) => become({ progress }), signal);
      become({ state: "done", progress: 1, endedAt: endedAt() });
    } catch (cause) {
      if (cancelled.aborted) return become({ state: "cancelled", endedAt: endedAt() });
      become({ state: "failed", stateReason: toAkiDbError(cause).message, endedAt: endedAt() });
      if (!this.#abort.signal.aborted) this.#options.log({ kind: "job_failed", job: kind, id, cause });
    }
  }

  #remember(job: TenantJob): void {
    // The newest are last.
    this.#jobs.delete(job.job.id);
    this.#jobs.set(job.job.id, job);
    let surplus = this.#jobs.size - this.#running.size - endedJobsMax;
    for (const id of this.#jobs.keys()) {
      if (surplus <= 0) return;
      if (this.#running.has(id) || id === job.job.id) continue;
      this.#jobs.delete(id);
      surplus -= 1;
    }
  }
}
