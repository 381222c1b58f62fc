import { type Clock, limits, quotaExceeded, type TenantId, unavailable } from "@akidb/base";
import { type MemoryBudget, nothing, type Reservation, together } from "@akidb/engine";
import { MemoryAccount } from "../collections/memoryAccount.ts";
import type { MemoryCeiling, OpenMemory } from "../collections/memoryCeiling.ts";
import { mebibytes } from "../mebibytes.ts";
import type { TenantQuotas } from "./tenantQuotas.ts";

export interface TenantMemoryOptions {
  readonly tenantId: TenantId;
  readonly quotas: TenantQuotas;
  /** The tenant's collections that are open. */
  readonly open: OpenMemory;
  /** Of all tenants. */
  readonly ceiling: MemoryCeiling;
  readonly clock: Clock;
}

const retryAfterMs = 1_000;

/**
 * The memory that the collections of one tenant may take, within that of all. What is closed takes none; so before a write
 * is refused, those of the tenant that nobody uses are closed.
 *
 * Opening may take a quarter more than writes may, and a collection that is the tenant's only open one is always opened:
 * whatever becomes of a quota, everything can be read, and deleted. Copies for compaction are not asked for.
 */
export class TenantMemory implements MemoryBudget {
  readonly #options: TenantMemoryOptions;
  readonly #account: MemoryAccount;

  constructor(options: TenantMemoryOptions) {
    this.#options = options;
    const { open, clock } = options;
    this.#account = new MemoryAccount({
      measure: () => open.measure(),
      dropCaches: () => open.dropCaches(),
      clock,
    });
  }

  reserve(bytes: number): Reservation | undefined {
    if (bytes === 0) return nothing;
    const { tenantId, quotas, ceiling } = this.#options;
    const known = quotas.peek(tenantId);
    if (known === undefined || !this.#account.fits(bytes, known.memoryBytes)) return undefined;
    const room = ceiling.reserve(bytes);
    return room && this.#within(room, bytes);
  }

  async makeRoom(bytes: number): Promise<Reservation> {
    const { tenantId, quotas, ceiling } = this.#options;
    const { memoryBytes } = await quotas.of(tenantId);
    if (!this.#account.fits(bytes, memoryBytes)) await this.#giveBack(bytes, memoryBytes);
    this.#require(bytes, memoryBytes);
    const room = ceiling.reserve(bytes) ?? (await ceiling.makeRoom(bytes));
    try {
      // Others may have been promised it meanwhile.
      this.#require(bytes, memoryBytes);
    } catch (error) {
      room[Symbol.dispose]();
      throw error;
    }
    return this.#within(room, bytes);
  }

  reserveCopy(bytes: number): Reservation | undefined {
    return this.#options.ceiling.reserveCopy(bytes);
  }

  /**
   * For a collection that is to be opened.
   *
   * @throws AkiDbError `unavailable` where there is no room for it beside those that are in use
   */
  async makeRoomToOpen(bytes: number): Promise<Reservation> {
    const { tenantId, quotas, ceiling } = this.#options;
    // A tenant whose row cannot be read keeps nobody from its data.
    const memoryBytes = (await quotas.of(tenantId).catch(() => undefined))?.memoryBytes ?? 0;
    const openBytesMax = memoryBytes * (1 + limits.memoryReserveShare);
    if (!this.#account.fits(bytes, openBytesMax)) {
      await this.#closeIdle(bytes, openBytesMax);
      if (!this.#account.fits(bytes, openBytesMax) && this.#account.takenBytes > 0) {
        throw unavailable(
          `the collection takes about ${mebibytes(bytes)} of memory, and those of its tenant that are in use take ` +
            `${mebibytes(this.#account.takenBytes)} of the ${mebibytes(openBytesMax)} that it may be opened within (its ` +
            "memory_quota_bytes and a quarter of it): it is opened as soon as others are idle",
          { retryAfterMs },
        );
      }
    }
    return this.#within(await ceiling.makeRoomToOpen(bytes), bytes);
  }

  /** What the tenant's open collections take now. */
  measure(): number {
    return this.#options.open.measure();
  }

  #within(room: Reservation, bytes: number): Reservation {
    return together(room, this.#account.promise(bytes));
  }

  async #giveBack(bytes: number, bytesMax: number): Promise<void> {
    await this.#options.open.giveBack(() => this.#missing(bytes, bytesMax));
  }

  /** As many as it takes, even where that is not enough. */
  async #closeIdle(bytes: number, bytesMax: number): Promise<void> {
    await this.#options.open.giveBack(() => this.#missing(bytes, bytesMax), { evenIfTooLittle: true });
  }

  #missing(bytes: number, bytesMax: number): number {
    this.#account.measure();
    return this.#account.takenBytes + bytes - bytesMax;
  }

  #require(bytes: number, memoryBytes: number): void {
    if (this.#account.fits(bytes, memoryBytes)) return;
    throw quotaExceeded(
      `the tenant's open collections take ${mebibytes(this.#account.takenBytes)} of the ${mebibytes(memoryBytes)} of memory ` +
        `that it may have (its memory_quota_bytes), and about ${mebibytes(bytes)} more are needed; nothing was ` +
        "written: delete documents or collections, or have the quota raised",
    );
  }
}
