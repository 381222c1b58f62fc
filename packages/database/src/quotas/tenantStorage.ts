import { type Clock, type CollectionId, quotaExceeded, type TenantId, unavailable } from "@akidb/base";
import { type Budget, nothing, type Reservation } from "@akidb/engine";
import { BytesTally } from "../collections/bytesTally.ts";
import { inParallel } from "../collections/inParallel.ts";
import { mebibytes } from "../mebibytes.ts";
import type { TenantQuotas } from "./tenantQuotas.ts";

/** The files of one collection. */
export interface CollectionFilesState {
  readonly id: CollectionId;
  /** Whether it may write to them by itself. */
  readonly isOpen: boolean;
  readonly isUsed: boolean;
  /** Another number once somebody has used it. */
  readonly useCount: number;
}

export interface TenantStorageOptions {
  readonly tenantId: TenantId;
  readonly quotas: TenantQuotas;
  /** The tenant's own, now. */
  readonly collections: () => Iterable<CollectionFilesState>;
  /** Looks at every file of a collection. */
  readonly measure: (id: CollectionId) => Promise<number>;
  readonly clock: Clock;
}

/** Where it is written to. */
const measureIntervalMs = 10_000;
/** Before something is refused: within it, nothing that counts has changed. */
const refusalIntervalMs = 1_000;
/** Of a closed collection. */
const closedIntervalMs = 600_000;
/** As many as Node has threads for: an eighth of a millisecond a collection, then. */
const collectionsAtOnce = 4;
/** Of so many writes, one looks at the clock. */
const writesPerLook = 16;
/** Of the quota, that writes may have taken since the last measurement. */
const unmeasuredShareMax = 1 / 64;

interface Measurement extends Pick<CollectionFilesState, "isOpen" | "useCount"> {
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * The disk that the collections of one tenant take: logs, documents, checkpoints, snapshots. Files are looked at beside the
 * writes, now and then, and before anything is refused; in between, what was promised to writes counts as if they took it.
 */
export class TenantStorage implements Budget {
  readonly #options: TenantStorageOptions;
  readonly #measurements = new Map<CollectionId, Measurement>();
  #measuredBytes: number | undefined;
  #measuredAtMs = 0;
  #isChanged = false;
  #measuring: Promise<void> | undefined;
  readonly #tally = new BytesTally();
  #writeCount = 0;

  constructor(options: TenantStorageOptions) {
    this.#options = options;
  }

  reserve(bytes: number): Reservation | undefined {
    if (bytes === 0) return nothing;
    const { tenantId, quotas } = this.#options;
    const bytesMax = quotas.peek(tenantId)?.storageBytes;
    if (bytesMax === undefined || this.#measuredBytes === undefined) return undefined;
    if (this.#isStale(bytesMax)) void this.#measureOnce(refusalIntervalMs).catch(() => {});
    return this.takenBytes + bytes > bytesMax ? undefined : this.#tally.promise(bytes);
  }

  async makeRoom(bytes: number): Promise<Reservation> {
    if (bytes === 0) return nothing;
    const { tenantId, quotas } = this.#options;
    const { storageBytes } = await quotas.of(tenantId);
    if (this.#mayHaveChanged()) await this.#measureAnew(refusalIntervalMs);
    if (this.takenBytes + bytes <= storageBytes) return this.#tally.promise(bytes);
    throw quotaExceeded(
      `the tenant's collections take ${mebibytes(this.takenBytes)} of the ${mebibytes(storageBytes)} of disk that they may ` +
        `have (its storage_quota_bytes), and about ${mebibytes(bytes)} more are needed; nothing was written: delete ` +
        "snapshots or collections, or have the quota raised",
    );
  }

  /** Files of a collection were added or removed that its uses do not tell of. */
  changed(id: CollectionId): void {
    this.#measurements.delete(id);
    this.#isChanged = true;
  }

  /** What is taken now. */
  async measure(): Promise<number> {
    await this.#measureAnew(0);
    return this.#measuredBytes ?? 0;
  }

  /** As it was measured last, and what was promised since. */
  get takenBytes(): number {
    return (this.#measuredBytes ?? 0) + this.#tally.total;
  }

  #isStale(bytesMax: number): boolean {
    if (this.#tally.usedSince > bytesMax * unmeasuredShareMax) return true;
    if (this.#writeCount++ % writesPerLook !== 0) return false;
    return this.#options.clock.monotonicMs() >= this.#measuredAtMs + measureIntervalMs;
  }

  #mayHaveChanged(): boolean {
    if (this.#measuredBytes === undefined || this.#isChanged || this.#tally.usedSince > 0) return true;
    return this.#options.clock.monotonicMs() >= this.#measuredAtMs + refusalIntervalMs;
  }

  /** By a measurement that begins no sooner than now. */
  async #measureAnew(openIntervalMs: number): Promise<void> {
    await this.#measuring?.catch(() => {});
    await this.#measureOnce(openIntervalMs);
  }

  #measureOnce(openIntervalMs: number): Promise<void> {
    this.#measuring ??= this.#measure(openIntervalMs)
      .catch((cause: unknown) => {
        throw unavailable("what the tenant's files take could not be measured", {
          retryAfterMs: refusalIntervalMs,
          cause,
        });
      })
      .finally(() => {
        this.#measuring = undefined;
      });
    return this.#measuring;
  }

  /** @param openIntervalMs within it, an open collection that nobody has used has the files that it had */
  async #measure(openIntervalMs: number): Promise<void> {
    const { collections, clock } = this.#options;
    this.#isChanged = false;
    // What is used from here on may be measured or not, so it goes on counting.
    const usedBefore = this.#tally.usedSince;
    let bytes = 0;
    const ids = new Set<CollectionId>();
    await inParallel(collectionsAtOnce, [...collections()], async (state) => {
      ids.add(state.id);
      const found = await this.#bytesOf(state, openIntervalMs);
      bytes += found;
    });
    for (const id of this.#measurements.keys()) if (!ids.has(id)) this.#measurements.delete(id);
    this.#measuredBytes = bytes;
    this.#measuredAtMs = clock.monotonicMs();
    this.#tally.usedSince -= usedBefore;
  }

  /** One that was as open or closed as now, and that nobody has used, has the files that it had, if for a shorter time. */
  async #bytesOf(state: CollectionFilesState, openIntervalMs: number): Promise<number> {
    const { clock, measure } = this.#options;
    const { id, isOpen, isUsed, useCount } = state;
    const known = this.#measurements.get(id);
    const nowMs = clock.monotonicMs();
    const isSame = known !== undefined && !isUsed && known.isOpen === isOpen && known.useCount === useCount;
    if (isSame && nowMs < known.atMs + (isOpen ? openIntervalMs : closedIntervalMs)) return known.bytes;
    const bytes = await measure(id);
    this.#measurements.set(id, { bytes, isOpen, useCount, atMs: nowMs });
    return bytes;
  }
}
