import { setTimeout as pause } from "node:timers/promises";
import { type Clock, type Deadline, deadlineAfter, isAkiDbError, unavailable } from "@akidb/base";
import { allObjects, type ObjectInfo, type ObjectStore } from "@akidb/objects";

/** `shared`: adds to what is there, as backups do. `exclusive`: removes what nobody needs. */
export type BackupLockKind = "shared" | "exclusive";

export interface BackupLockOptions {
  readonly store: ObjectStore;
  readonly kind: BackupLockKind;
  /** Of the backup, or of whatever takes it. */
  readonly id: string;
  readonly clock: Clock;
  readonly deadline: Deadline;
}

const locksPrefix = "locks/";
const refreshIntervalMs = 60_000;
const releaseTimeoutMs = 5_000;
/** Each wait is twice the one before: 0.6 seconds in all. */
const looksMax = 7;
const firstLookWaitMs = 10;

/** By the store's clock. A process that stood still for longer is taken for dead. */
export const lockLifetimeMs = 30 * 60_000;

/**
 * Keeps what removes content from a backup store apart from what counts on it, in any process. Each puts its own lock
 * there before it looks for others, so of two that begin at the same time at least one sees the other; it gives way. The
 * holder refreshes its lock; one that was not refreshed for {@link lockLifetimeMs} is a dead process's, and is removed by
 * whom it is in the way of.
 *
 * Where the store's lists are behind, a lock counts as taken once they show it: whoever put something there before is shown
 * by then, too, as long as what comes later to a list is not shown earlier.
 */
export class BackupLock implements AsyncDisposable {
  readonly #options: BackupLockOptions;
  readonly #key: string;
  readonly #timer: NodeJS.Timeout;
  #etag: string;
  #refreshedAtMs: number;
  #refreshing: Promise<unknown> = Promise.resolve();

  private constructor(options: BackupLockOptions, receipt: { readonly key: string; readonly etag: string }) {
    this.#options = options;
    this.#key = receipt.key;
    this.#etag = receipt.etag;
    this.#refreshedAtMs = options.clock.monotonicMs();
    // What fails is tried again, and shows when it is checked.
    this.#timer = setInterval(() => void this.#refresh().catch(() => {}), refreshIntervalMs);
    this.#timer.unref();
  }

  /** @throws AkiDbError `unavailable` while another one is in the way, and where the store cannot be reached */
  static async take(options: BackupLockOptions): Promise<BackupLock> {
    const { store, kind, id, deadline } = options;
    const key = `${locksPrefix}${kind}-${id}`;
    const condition = { ifNoneMatch: "*", sizeBytes: 0, deadline } as const;
    const receipt = await store.put(key, nothing, condition).catch(async (error: unknown) => {
      // It may be there all the same.
      await remove(options, key);
      throw error;
    });
    const lock = new BackupLock(options, receipt);
    try {
      await lock.#makeWay();
      return lock;
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * To be called right before what the lock is for.
   *
   * @throws AkiDbError `unavailable` where somebody may have taken the holder for dead
   */
  async check(): Promise<void> {
    const { clock, deadline } = this.#options;
    deadline.check();
    // Whoever could not refresh it, or stood still, may not go on from where it was.
    if (clock.monotonicMs() - this.#refreshedAtMs > lockLifetimeMs / 2) throw lost();
    await this.#refresh();
  }

  /** One that cannot be removed now ages. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
    await remove(this.#options, this.#key);
  }

  async #makeWay(): Promise<void> {
    const { store, kind, deadline } = this.#options;
    const { own, locks } = await this.#look();
    for (const { key, modifiedAtMs } of locks) {
      const isInTheWay = kind === "exclusive" || key.startsWith(`${locksPrefix}exclusive-`);
      if (key === this.#key || !isInTheWay) continue;
      // Both times are the store's.
      const idleMs = own.modifiedAtMs - modifiedAtMs;
      if (idleMs <= lockLifetimeMs) throw inTheWay(key, lockLifetimeMs - idleMs);
      // A list that is behind shows a time from before the last refresh, or a lock whose holder has ended since.
      const { modifiedAtMs: refreshedAtMs } = await store.head(key, { deadline }).catch(whenGone);
      const trueIdleMs = own.modifiedAtMs - refreshedAtMs;
      if (trueIdleMs <= lockLifetimeMs) throw inTheWay(key, lockLifetimeMs - trueIdleMs);
      await store.delete(key, { deadline });
    }
  }

  /** All locks, once a list shows the own one. */
  async #look(): Promise<{ readonly own: ObjectInfo; readonly locks: readonly ObjectInfo[] }> {
    const { store, deadline } = this.#options;
    for (let looks = 1; ; looks++) {
      const locks: ObjectInfo[] = [];
      for await (const info of allObjects(store, { prefix: locksPrefix, deadline })) locks.push(info);
      const own = locks.find(({ key }) => key === this.#key);
      if (own !== undefined) return { own, locks };
      await this.#find();
      if (looks === looksMax) throw behind();
      await pause(firstLookWaitMs * 2 ** (looks - 1), undefined, { signal: deadline.signal }).catch(() =>
        deadline.check(),
      );
    }
  }

  #refresh(): Promise<void> {
    const refreshed = this.#refreshing.then(() => this.#put());
    this.#refreshing = refreshed.catch(() => {});
    return refreshed;
  }

  async #put(): Promise<void> {
    const { store, clock, deadline } = this.#options;
    const beganAtMs = clock.monotonicMs();
    try {
      const condition = { ifMatch: this.#etag, sizeBytes: 0, deadline };
      this.#etag = (await store.put(this.#key, nothing, condition)).etag;
    } catch (error) {
      if (!isAkiDbError(error) || !["failed_precondition", "not_found"].includes(error.code)) throw error;
      // Nobody else writes it: it is there after a refresh whose answer was lost, and gone where it was taken for dead.
      this.#etag = (await this.#find()).etag;
    }
    this.#refreshedAtMs = beganAtMs;
  }

  async #find(): Promise<ObjectInfo> {
    const { store, deadline } = this.#options;
    return await store.head(this.#key, { deadline }).catch((error: unknown) => {
      throw isAkiDbError(error) && error.code === "not_found" ? lost() : error;
    });
  }
}

async function remove({ store, clock }: BackupLockOptions, key: string): Promise<void> {
  using deadline = deadlineAfter(clock, releaseTimeoutMs);
  await store.delete(key, { deadline }).catch(() => {});
}

const nothing = new Uint8Array(0);

const lost = () =>
  unavailable(
    `the lock on the backup store was lost: it could not be refreshed for ${lockLifetimeMs / 60_000} minutes, ` +
      "or somebody removed it; begin again",
  );

const behind = () =>
  unavailable("the lists of the backup store are behind what is there; try again later", {
    retryAfterMs: 60_000,
  });

/** What its holder put there last may not be shown yet either. */
function whenGone(error: unknown): never {
  throw isAkiDbError(error) && error.code === "not_found" ? behind() : error;
}

function inTheWay(key: string, remainingMs: number) {
  const [, kind, id] = /^locks\/(\w+)-(.*)$/.exec(key) ?? [];
  const who = kind === "shared" ? `backup ${id} is being taken` : "content is being removed";
  const minutes = Math.max(1, Math.ceil(remainingMs / 60_000));
  return unavailable(
    `in the backup store ${who}; try again when that has ended. If its process is gone, it is taken for dead in ` +
      `${minutes} minutes`,
    { retryAfterMs: 60_000 },
  );
}
