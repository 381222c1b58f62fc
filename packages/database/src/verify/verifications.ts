import {
  type Clock,
  formatTimestamp,
  type IdGenerator,
  notFound,
  toAkiDbError,
  type Verification,
} from "@akidb/base";
import { verifyInThread } from "../adapters/verifyInThread.ts";
import type { Log } from "../logEvent.ts";

export interface VerificationsOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly log: Log;
}

/** Verifications of the data directory while it is open: one at a time, and the latest is remembered. */
export class Verifications {
  readonly #options: VerificationsOptions;
  readonly #abort = new AbortController();
  #latest: Verification | undefined;
  #running: Promise<void> | undefined;

  constructor(options: VerificationsOptions) {
    this.#options = options;
  }

  /** Begins one, or joins the one that runs. */
  start(): Verification {
    if (this.#latest?.state === "running") return this.#latest;
    const { ids, clock } = this.#options;
    const begun: Verification = {
      id: ids.next(),
      state: "running",
      stateReason: null,
      progress: 0,
      startedAt: formatTimestamp(clock.nowMs()),
      report: null,
    };
    this.#latest = begun;
    this.#running = this.#run(begun);
    return begun;
  }

  /** @throws AkiDbError `not_found` for any but the latest */
  get(id: string): Verification {
    if (this.#latest?.id !== id) throw notFound(`verification ${JSON.stringify(id)}`);
    return this.#latest;
  }

  /** Of what the latest one found; empty before there is one. */
  get damages() {
    return this.#latest?.report?.damages ?? [];
  }

  /** Ends the one that runs. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(begun: Verification): Promise<void> {
    const { directory, log } = this.#options;
    try {
      const report = await verifyInThread({
        directory,
        onProgress: (progress) => {
          this.#latest = { ...begun, progress };
        },
        signal: this.#abort.signal,
      });
      this.#latest = { ...begun, state: "done", progress: 1, report };
      for (const damage of report.damages) log({ kind: "damage_found", ...damage });
    } catch (error) {
      this.#latest = { ...begun, state: "failed", stateReason: toAkiDbError(error).message };
    }
  }
}
