import {
  type Backup,
  type Clock,
  failedPrecondition,
  formatTimestamp,
  type IdGenerator,
  noDeadline,
  notFound,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import type { ObjectStore } from "@akidb/objects";
import type { Log } from "../logEvent.ts";
import { type BackupSource, takeBackup } from "./takeBackup.ts";

export interface BackupsOptions {
  /** `s3://bucket/prefix` or the path of a folder; undefined where none is configured. */
  readonly to: string | undefined;
  /** @throws AkiDbError `invalid_argument` for a place that can be none */
  readonly openStore: (to: string) => ObjectStore;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly log: Log;
}

/** Backups of the data while it is served: one at a time, and the latest is remembered. */
export class Backups {
  readonly #options: BackupsOptions;
  readonly #abort = new AbortController();
  #latest: Backup | undefined;
  #running: Promise<void> | undefined;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  /**
   * Begins one, or joins the one that runs to the same place.
   *
   * @param to the configured place if absent
   * @throws AkiDbError `invalid_argument` for a place that can be none, `failed_precondition` where none is configured, or
   * one to another place runs
   */
  start(source: BackupSource, to = this.#options.to): Backup {
    const { ids, clock, openStore } = this.#options;
    if (to === undefined) {
      throw failedPrecondition("no place for backups is configured; set backup.to, or name one with --to");
    }
    if (this.#latest?.state === "running") {
      if (this.#latest.to === to) return this.#latest;
      throw failedPrecondition(`a backup to ${JSON.stringify(this.#latest.to)} is being taken already`);
    }
    const store = openStore(to);
    const begun: Backup = {
      id: ids.next(),
      state: "running",
      stateReason: null,
      to,
      progress: 0,
      collection: null,
      copiedBytes: 0,
      startedAt: formatTimestamp(clock.nowMs()),
      report: null,
    };
    this.#latest = begun;
    this.#running = this.#run(source, begun, store);
    return begun;
  }

  /** Whether a caller who may not name places may name this one. */
  isConfigured(to: string | undefined): boolean {
    return to === undefined || to === this.#options.to;
  }

  /** @throws AkiDbError `not_found` for any but the latest */
  get(id: string): Backup {
    if (this.#latest?.id !== id) throw notFound(`backup ${JSON.stringify(id)}`);
    return this.#latest;
  }

  /** Ends the one that runs; it is none then. */
  async close(): Promise<void> {
    this.#abort.abort(unavailable("the database is closing"));
    await this.#running;
  }

  async #run(source: BackupSource, begun: Backup, store: ObjectStore): Promise<void> {
    const { log } = this.#options;
    let latest = begun;
    const become = (change: Partial<Backup>): void => {
      latest = { ...latest, ...change };
      this.#latest = latest;
    };
    try {
      const report = await takeBackup(source, {
        store,
        id: begun.id,
        deadline: noDeadline(this.#abort.signal),
        onProgress: (step) => become(step),
      });
      become({ state: "done", progress: 1, collection: null, report });
      log({ kind: "backup_taken", to: begun.to, report });
    } catch (cause) {
      become({ state: "failed", collection: null, stateReason: toAkiDbError(cause).message });
      log({ kind: "backup_failed", to: begun.to, cause });
    }
    await store.close().catch(() => {});
  }
}
