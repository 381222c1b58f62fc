import { type AkiDbError, type Clock, limits, quotaExceeded, unavailable } from "@akidb/base";
import {
  type MemoryBudget,
  type Reservation,
  together,
  uncollectedSharedBytes,
  urgeCollection,
} from "@akidb/engine";
import { Lanes } from "../lanes.ts";
import type { Log } from "../logEvent.ts";
import { mebibytes } from "../mebibytes.ts";
import type { ProcessMemory } from "../processMemory.ts";
import { BytesTally } from "./bytesTally.ts";
import { MemoryAccount } from "./memoryAccount.ts";
import { MemoryOverhead } from "./memoryOverhead.ts";

/** The collections that are open, of which those that nobody uses can be closed. */
export interface OpenMemory {
  /** What all that are open take now. */
  measure(): number;
  /** Gives back what only makes reads faster. */
  dropCaches(): void;
  /**
   * Closes what nobody uses, the least recently used first, until nothing is missing any more; where all of it together
   * would not be enough, none, or with `evenIfTooLittle` all.
   */
  giveBack(missingBytes: () => number, options?: { readonly evenIfTooLittle?: boolean }): Promise<void>;
}

export interface MemoryCeilingOptions {
  readonly bytesMax: number;
  readonly open: OpenMemory;
  readonly processMemory: ProcessMemory;
  readonly clock: Clock;
  readonly log: Log;
}

const residentIntervalMs = 100;
const retryAfterMs = 1_000;
/** Marking all that is alive takes a dozen steps of 5 to 10 ms where some hundred megabytes are. */
const collectionTurnsMax = 50;
const collectionTurnMs = 5;

interface Refusal {
  /** Did not fit, the last time that anything did not. */
  readonly bytes: number;
  readonly bytesMax: number;
  readonly reason: string;
}

/**
 * The memory that the data of all collections may take. What a write adds is promised to it before it is logged; what
 * collections take is measured, and until the next measurement promises that were used count as if they were taken.
 *
 * Opening a collection and copying its living rows may take some more than writes may: the one so that a collection can
 * still be read, and have documents deleted, the other so that what was deleted can be given back.
 */
export class MemoryCeiling implements MemoryBudget {
  readonly #options: MemoryCeilingOptions;
  readonly #bytesMax: number;
  readonly #copyBytesMax: number;
  readonly #account: MemoryAccount;
  readonly #overhead = new MemoryOverhead();
  #overheadAtMs = Number.NEGATIVE_INFINITY;
  readonly #opening = new BytesTally();
  readonly #turns = new Lanes<"room to open">();
  #isResidentFull = false;
  #residentAtMs = Number.NEGATIVE_INFINITY;
  #refusal: Refusal | undefined;

  constructor(options: MemoryCeilingOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax;
    this.#copyBytesMax = options.bytesMax * (1 + limits.memoryReserveShare);
    const { open, clock } = options;
    this.#account = new MemoryAccount({
      measure: () => open.measure(),
      dropCaches: () => open.dropCaches(),
      clock,
    });
  }

  /** Why something was refused, as long as it would be refused again. */
  get refusal(): string | undefined {
    if (this.#refusal !== undefined) this.#endRefusal(this.#refusal);
    return this.#refusal?.reason;
  }

  reserve(bytes: number): Reservation | undefined {
    return bytes > 0 && this.#isMachineFull() ? undefined : this.#promise(bytes, this.#bytesMax);
  }

  reserveCopy(bytes: number): Reservation | undefined {
    return this.#promise(bytes, this.#copyBytesMax);
  }

  async makeRoom(bytes: number): Promise<Reservation> {
    await this.#giveBack(bytes, this.#bytesMax);
    const room = this.reserve(bytes);
    if (room !== undefined) return room;
    const error = this.#isMachineFull() ? this.#machineFull() : this.#quotaExceeded(bytes);
    this.#refuse({ bytes, bytesMax: this.#bytesMax, reason: error.message });
    throw error;
  }

  /**
   * For a collection that is to be opened. Others that nobody uses are closed for it, so many that the process, too, stays near
   * the ceiling; where all of them are in use, it may take of what is kept for copies.
   *
   * @throws AkiDbError `unavailable` where there is no room
   */
  async makeRoomToOpen(bytes: number): Promise<Reservation> {
    const room = await this.#turns.run("room to open", () => this.#roomToOpen(bytes));
    if (room !== undefined) {
      await this.#collectClosed();
      return room;
    }
    const reason =
      `the collection takes about ${mebibytes(bytes)} of memory, and the data of the open ones takes ` +
      `${mebibytes(this.#account.takenBytes)} of the ${mebibytes(this.#copyBytesMax)} that it may be opened within ` +
      `(limits.max_memory_bytes and a quarter of it): it is opened when others are idle, smaller or deleted`;
    this.#refuse({ bytes, bytesMax: this.#copyBytesMax, reason });
    throw unavailable(reason, { retryAfterMs });
  }

  /**
   * What idle collections may take, together with all others: the process is to stay within the ceiling and a tenth of it, as far as
   * that leaves the data most of the ceiling. Writes are not held to it: they are refused for what they take, not for garbage.
   */
  idleBytesMax(): number {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs >= this.#overheadAtMs + residentIntervalMs) {
      this.#overheadAtMs = nowMs;
      this.#account.measure();
      const dataBytes = this.#account.measuredBytes + uncollectedSharedBytes();
      this.#overhead.observe(this.#options.processMemory.residentBytes(), dataBytes, this.#opening.promised);
    }
    const leftBytes = this.#bytesMax * (1 + limits.overheadShareMax) - this.#overhead.bytes;
    return Math.min(this.#bytesMax, Math.max(leftBytes, this.#bytesMax * limits.idleDataShareMin));
  }

  #promise(bytes: number, bytesMax: number): Reservation | undefined {
    if (!this.#account.fits(bytes, bytesMax)) return undefined;
    const refusal = this.#refusal;
    if (refusal !== undefined && this.#account.takenBytes + refusal.bytes <= refusal.bytesMax)
      this.#endRefusal(refusal);
    return this.#account.promise(bytes);
  }

  /** One after the other: what was closed for one is not promised to the next. */
  async #roomToOpen(bytes: number): Promise<Reservation | undefined> {
    for (const bytesMax of [this.idleBytesMax(), this.#copyBytesMax]) {
      if (!this.#account.fits(bytes, bytesMax)) await this.#giveBack(bytes, bytesMax);
      const room = this.#promise(bytes, bytesMax);
      if (room !== undefined) return together(room, this.#opening.promise(bytes));
    }
    return undefined;
  }

  /** What was closed is in memory for as long as V8 has not collected it, and the machine has no more than it has. */
  async #collectClosed(): Promise<void> {
    const bytesMax = this.idleBytesMax();
    for (let turn = 0; turn < collectionTurnsMax; turn++) {
      const closedBytes = uncollectedSharedBytes();
      if (closedBytes === 0 || this.#account.takenBytes + closedBytes <= bytesMax) return;
      urgeCollection();
      await new Promise((resolve) => setTimeout(resolve, collectionTurnMs));
    }
  }

  async #giveBack(bytes: number, bytesMax: number): Promise<void> {
    await this.#options.open.giveBack(() => {
      this.#account.measure();
      return this.#account.takenBytes + bytes - bytesMax;
    });
  }

  /** A second line, for what nobody counts: whatever takes it, the process is about to die of it. */
  #isMachineFull(): boolean {
    const { clock, processMemory } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#residentAtMs + residentIntervalMs) {
      this.#residentAtMs = nowMs;
      this.#isResidentFull =
        processMemory.residentBytes() > limits.residentMemoryShareMax * processMemory.machineBytes;
    }
    return this.#isResidentFull;
  }

  #quotaExceeded(bytes: number): AkiDbError {
    return quotaExceeded(
      `the data of the open collections takes ${mebibytes(this.#account.takenBytes)} of the ${mebibytes(this.#bytesMax)} of ` +
        `memory that limits.max_memory_bytes allows, and the write needs about ${mebibytes(bytes)} more; nothing of it ` +
        "was written: delete documents or collections, or raise the limit",
    );
  }

  #machineFull(): AkiDbError {
    const { processMemory } = this.#options;
    return unavailable(
      `the process takes ${mebibytes(processMemory.residentBytes())} of the ${mebibytes(processMemory.machineBytes)} of memory that the machine or ` +
        "its container has; nothing of the write was written",
      { retryAfterMs },
    );
  }

  #refuse(refusal: Refusal): void {
    if (this.#refusal === undefined) this.#options.log({ kind: "memory_full", reason: refusal.reason });
    this.#refusal = refusal;
  }

  #endRefusal({ bytes, bytesMax }: Refusal): void {
    if (this.#isMachineFull() || !this.#account.fits(bytes, bytesMax)) return;
    this.#refusal = undefined;
    this.#options.log({ kind: "memory_free" });
  }
}
