import {
  type Deadline,
  failedPrecondition,
  type GarbageReport,
  type IdGenerator,
  type Job,
  noDeadline,
  notFound,
  orAborted,
  type TenantId,
} from "@akidb/base";
import type { Jobs } from "../jobs/jobs.ts";
import type { GarbageCollector, GarbageRequest } from "./garbageCollector.ts";

export interface GarbageCollectionsOptions {
  readonly collector: GarbageCollector;
  readonly jobs: Jobs;
  readonly ids: IdGenerator;
  readonly serverTenantId: TenantId;
}

interface Running {
  readonly id: string;
  readonly request: GarbageRequest;
  readonly ended: Promise<void>;
}

/** Whoever is late may still ask for what came of it. */
const reportsMax = 16;

/** Looks for garbage as jobs: one at a time, and the reports of the latest are remembered. */
export class GarbageCollections {
  readonly #options: GarbageCollectionsOptions;
  readonly #reports = new Map<string, GarbageReport>();
  #running: Running | undefined;

  constructor(options: GarbageCollectionsOptions) {
    this.#options = options;
  }

  /**
   * Begins one, or joins the one that does the same.
   *
   * @throws AkiDbError `failed_precondition` while one that does not goes on
   */
  start(request: GarbageRequest): Job {
    const running = this.#running;
    if (running !== undefined) {
      if (isSame(running.request, request)) return this.#find(running.id);
      throw failedPrecondition(`job ${running.id} looks for garbage already: wait for its end, or cancel it`);
    }
    const { collector, jobs, ids, serverTenantId: tenantId } = this.#options;
    const id = ids.next();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#running = { id, request, ended };
    return jobs.start({
      id,
      kind: "collect_garbage",
      resource: { type: "server", id: tenantId },
      tenantId,
      isCancellable: true,
      run: async (onProgress, signal) => {
        try {
          this.#remember(id, await collector.run(request, noDeadline(signal), onProgress));
          signal.throwIfAborted();
        } finally {
          this.#running = undefined;
          end();
        }
      },
    });
  }

  /**
   * Begins one when its turn comes, and waits for its end; where its caller does not, it goes on.
   *
   * @throws AkiDbError what the deadline throws
   */
  async run(request: GarbageRequest, deadline: Deadline): Promise<GarbageReport> {
    while (this.#running !== undefined && !isSame(this.#running.request, request)) {
      await orAborted(this.#running.ended, deadline);
    }
    const { id } = this.start(request);
    if (this.#running !== undefined) await orAborted(this.#running.ended, deadline);
    return this.report(id);
  }

  /** Ends one between two removals. @throws AkiDbError as {@link GarbageCollections.report} */
  async cancel(id: string): Promise<Job> {
    this.#find(id);
    return await this.#options.jobs.cancel(id);
  }

  /**
   * What it found, and removed, until its end.
   *
   * @throws AkiDbError `not_found`; `failed_precondition` while it goes on
   */
  report(id: string): GarbageReport {
    const report = this.#reports.get(id);
    if (report !== undefined) return report;
    const { state, stateReason } = this.#find(id);
    if (state === "running") throw failedPrecondition(`job ${id} goes on; it has a report when it has ended`);
    // One whose report is forgotten, or that came to none.
    throw notFound(`the report of job ${id}${stateReason === null ? "" : `, which failed: ${stateReason}`}`);
  }

  #find(id: string): Job {
    const job = this.#options.jobs.find(id)?.job;
    if (job?.kind !== "collect_garbage")
      throw notFound(`a look for garbage with the job ${JSON.stringify(id)}`);
    return job;
  }

  #remember(id: string, report: GarbageReport): void {
    this.#reports.set(id, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > reportsMax && oldest !== undefined) this.#reports.delete(oldest);
  }
}

const isSame = (a: GarbageRequest, b: GarbageRequest): boolean =>
  a.isDryRun === b.isDryRun &&
  a.olderThanMs === b.olderThanMs &&
  a.withUnknownCollections === b.withUnknownCollections;
