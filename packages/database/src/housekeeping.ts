import { type Clock, formatTimestamp } from "@akidb/base";
import type { Catalog } from "@akidb/catalog";
import type { Log } from "./logEvent.ts";

export interface HousekeepingOptions {
  readonly catalog: Pick<Catalog, "auditLog" | "sessions">;
  readonly clock: Clock;
  /** How long entries of the audit log stay; 0 for ever. */
  readonly auditRetentionDays: number;
  readonly log: Log;
}

/** A retention is counted in days. */
const intervalMs = 3_600_000;

const dayMs = 86_400_000;

/** Removes from the catalog what has had its time: entries of the audit log, and sessions. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** At once, and then every hour: a server that is started anew every day does it, too. */
  start(): void {
    if (this.#isStopped) return;
    void this.run();
    this.#timer = setInterval(() => void this.run(), intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Never rejects: what fails is logged, and tried again later. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { catalog, clock, auditRetentionDays, log } = this.#options;
    try {
      const sessions = await catalog.sessions.deleteExpired();
      const before = clock.nowMs() - auditRetentionDays * dayMs;
      const auditEntries =
        auditRetentionDays === 0 ? 0 : await catalog.auditLog.deleteBefore(formatTimestamp(before));
      if (sessions + auditEntries > 0) log({ kind: "housekeeping_done", auditEntries, sessions });
    } catch (cause) {
      if (!this.#isStopped) log({ kind: "housekeeping_failed", cause });
    }
  }
}
