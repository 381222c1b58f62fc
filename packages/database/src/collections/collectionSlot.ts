import { type Deadline, type FileDamage, isAkiDbError, orAborted, type TenantId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { ClosedSummary, Collection, CollectionStats } from "@akidb/engine";
import type { DamagedCollection } from "./damagedCollection.ts";
import { closingStats, LastKnown } from "./lastKnown.ts";
import {
  damagedError,
  isPassing,
  type Opening,
  type OpeningOptions,
  passingError,
  stillAwayError,
} from "./opening.ts";
import { type CollectionLease, SlotUsers } from "./slotUsers.ts";

type SlotState =
  | Opening
  | { readonly kind: "closed" }
  | { readonly kind: "opening" | "closing"; readonly done: Promise<void> };

/** What is known of the tier of a slot's collection. */
export interface SlotTier {
  /** Its files are not here. */
  isCold(): boolean;
  /** It is not closed for others. */
  isPinned(): boolean;
  /** Who only reads it gets it in place, its vectors in their files. */
  isReadInPlace(): boolean;
  /** That a use has ended. */
  noteAccess(nowMs: number): void;
}

/** `queued`: what is not where it belongs is brought there though the collection is closed; the next start opens it. */
export type Settlement = "settled" | "queued" | "unsettled";

export interface CollectionSlotOptions {
  readonly record: CollectionRecord;
  /** Whose it is. */
  readonly tenantId: TenantId;
  /** What is found damaged of its files from the start of the process on, as it is found; it is served all the same. */
  readonly damages: readonly FileDamage[];
  /** Never rejects. */
  readonly open: (how: OpeningOptions) => Promise<Opening>;
  /**
   * Brings what is acknowledged to where it belongs while the collection is closed. It may be closed unless something is
   * unsettled.
   */
  readonly settle: (collection: Collection) => Promise<Settlement>;
  /** Brings a collection in line with its record, once it is open and whenever the record changes. */
  readonly configure: (collection: Collection) => void;
  /** Tells the files of a collection that was closed; never rejects. */
  readonly writeSummary: (summary: ClosedSummary) => Promise<void>;
  readonly tier: SlotTier;
  readonly onOpened: (collection: Collection) => void;
  /** Though the process goes on. */
  readonly onClosed: () => void;
  readonly onCloseFailure: (cause: unknown) => void;
  readonly nowMs: () => number;
}

export interface SlotVacating {
  /** Of the collection as it is then, with nobody using it. */
  readonly isWanted: (collection: Collection) => boolean;
  /** While it is closed, and requests wait. */
  readonly work: () => Promise<void>;
}

export interface SlotUse {
  /** False for what looks after collections and is no use of them; true if absent. */
  readonly isAccess?: boolean;
  /** True for what a collection that is searched in place refuses; false if absent. */
  readonly inMemory?: boolean;
}

/**
 * One collection of the catalog, open or not: it is opened with the first request, once for all that wait, and closed
 * again when nobody uses it and its place is wanted.
 */
export class CollectionSlot {
  readonly tenantId: TenantId;
  /** Whether it is what requests find: files of another generation are made behind. */
  isServed = true;
  #record: CollectionRecord;
  readonly #options: CollectionSlotOptions;
  #state: SlotState = { kind: "closed" };
  readonly #users = new SlotUsers();
  /** The next opening is for who needs it in memory. */
  #isWantedInMemory = false;
  #useCount = 0;
  #isRetired = false;
  readonly #known = new LastKnown();

  constructor(options: CollectionSlotOptions) {
    this.tenantId = options.tenantId;
    this.#record = options.record;
    this.#options = options;
  }

  get record(): CollectionRecord {
    return this.#record;
  }

  /** Serves what is open by another record of the same collection. */
  become(record: CollectionRecord): void {
    this.#record = record;
    if (this.#state.kind === "open") this.#options.configure(this.#state.collection);
  }

  get isOpen(): boolean {
    return this.#state.kind === "open";
  }

  /** With nothing under way. */
  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** Closed for good, or about to be. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Open, with nobody using it and nothing under way in it. */
  get isIdle(): boolean {
    return this.#state.kind === "open" && this.#isIdle(this.#state.collection);
  }

  /** Its files are not here. */
  get isCold(): boolean {
    return this.#options.tier.isCold();
  }

  /** Not to be closed for others. */
  get isPinned(): boolean {
    return this.#options.tier.isPinned();
  }

  get isUsed(): boolean {
    return this.#users.areThere;
  }

  /** Beginnings and ends of uses. */
  get useCount(): number {
    return this.#useCount;
  }

  get lastUsedAtMs(): number {
    return this.#known.lastUsedAtMs;
  }

  get damage(): DamagedCollection | undefined {
    return this.#state.kind === "damaged" || this.#state.kind === "failed" ? this.#state.damage : undefined;
  }

  /** Of its files: what keeps it from being served, or does not. */
  get damages(): readonly FileDamage[] {
    return this.damage?.damages ?? this.#options.damages;
  }

  /** Undefined while that is not known: nobody has opened it yet, and it was not closed in order. */
  get stats(): CollectionStats | undefined {
    if (this.#state.kind === "open") return this.#state.collection.stats();
    return this.#known.stats;
  }

  /** What it took when it was open the last time. */
  get memoryBytes(): number {
    if (this.#state.kind === "open") return this.#state.collection.memoryBytes;
    return this.#known.memoryBytes;
  }

  /** What it takes now. */
  get openBytes(): number {
    return this.#state.kind === "open" || this.#state.kind === "closing" ? this.memoryBytes : 0;
  }

  /** Of its files on this machine. */
  get diskBytes(): number {
    if (this.#state.kind === "open") return this.#state.collection.diskBytes;
    return this.#known.diskBytes;
  }

  dropCache(): void {
    if (this.#state.kind === "open") this.#state.collection.dropCache();
  }

  /** What is known of it from its files. */
  know(summary: ClosedSummary): void {
    this.#known.know(summary);
  }

  /**
   * The collection, open until the lease is disposed of.
   *
   * @returns undefined where the slot is not the collection's any more
   * @throws AkiDbError `failed_precondition` for a damaged one; `unavailable`; what the deadline throws while it waits
   */
  async acquire(
    deadline: Deadline,
    { isAccess = true, inMemory = false }: SlotUse = {},
  ): Promise<CollectionLease | undefined> {
    this.#users.enter();
    this.#useCount += 1;
    try {
      const collection = await this.#whenOpen(deadline, inMemory);
      if (collection !== undefined) return this.#users.lease(collection, () => this.#release(isAccess));
    } catch (error) {
      this.#release(isAccess);
      throw error;
    }
    this.#release(isAccess);
    return undefined;
  }

  /** The collection where it is open, without counting as a use. */
  borrow(): CollectionLease | undefined {
    if (this.#state.kind !== "open" || this.#isRetired) return undefined;
    this.#users.enter();
    return this.#users.lease(this.#state.collection, () => this.#users.leave());
  }

  /** Opens it where it is not; resolves when it is open, or known why not. */
  async open(after?: Promise<void>): Promise<void> {
    while (!this.#isRetired && this.#state.kind !== "open" && this.#state.kind !== "damaged") {
      const { kind } = this.#state;
      await this.#wait(after);
      if (kind !== "closing" && isPassing(this.#state)) return;
    }
  }

  /**
   * Closes it if nobody uses it and nothing is under way in it.
   *
   * @returns whether it is closed
   */
  async closeIfIdle(): Promise<boolean> {
    const state = this.#state;
    if (state.kind !== "open" || !this.#isIdle(state.collection)) return false;
    let isSettled: boolean;
    try {
      const settlement = await this.#options.settle(state.collection);
      if (settlement === "unsettled") return false;
      isSettled = settlement === "settled";
    } catch {
      // It holds what its files have not got yet.
      return false;
    }
    if (this.#state !== state || !this.#isIdle(state.collection)) return false;
    const isClosed = await this.#close(state.collection, { isSettled });
    if (isClosed) this.#options.onClosed();
    return true;
  }

  /**
   * Closes it as {@link CollectionSlot.closeIfIdle} does, if it is wanted, and does some work before anybody can open it.
   *
   * @returns whether it did
   * @throws what the work throws; the next request opens the collection all the same
   */
  async vacate({ isWanted, work }: SlotVacating): Promise<boolean> {
    const state = this.#state;
    if (state.kind !== "open" || !this.#isIdle(state.collection)) return false;
    if ((await this.#options.settle(state.collection)) !== "settled") return false;
    if (this.#state !== state || !this.#isIdle(state.collection) || !isWanted(state.collection)) return false;
    const isDone = await this.#close(state.collection, { work });
    if (isDone) this.#options.onClosed();
    return isDone;
  }

  /**
   * Closes it for good, whoever uses it.
   *
   * @throws what the collection's close throws
   */
  async retire(options: { readonly hasNoFuture?: boolean } = {}): Promise<void> {
    this.#isRetired = true;
    this.#users.takeBack();
    while (this.#state.kind === "opening" || this.#state.kind === "closing") await this.#state.done;
    if (this.#state.kind !== "open") return;
    const { collection } = this.#state;
    const stats = closingStats(collection);
    await collection.close(options);
    this.#state = { kind: "closed" };
    if (options.hasNoFuture === true) return;
    await this.#options.writeSummary(this.#summarize(collection, stats, false));
  }

  /** Resolves when nobody uses it: of a slot that nobody finds any more, once. */
  unused(): Promise<void> {
    return this.#users.gone();
  }

  #isIdle(collection: Collection): boolean {
    return !this.#users.areThere && !this.#isRetired && collection.isIdle;
  }

  async #whenOpen(deadline: Deadline, inMemory: boolean): Promise<Collection | undefined> {
    for (;;) {
      if (this.#isRetired) return undefined;
      if (this.#state.kind === "open") {
        const { collection } = this.#state;
        if (!collection.isInPlace || !(inMemory || collection.isDamagedInPlace)) return collection;
        this.#closeToPromote(collection);
      }
      this.#isWantedInMemory ||= inMemory;
      const { kind } = this.#state;
      if (this.#state.kind === "damaged") throw damagedError(this.#state.damage);
      const isAway = this.#options.tier.isCold();
      await orAborted(this.#wait(), deadline).catch((error: unknown) => {
        throw isAway && isLate(error) ? stillAwayError(this.#record) : error;
      });
      if (kind !== "closing" && isPassing(this.#state)) throw passingError(this.#state);
    }
  }

  /** For the end of what is under way; where that is nothing, it is opened. */
  #wait(after?: Promise<void>): Promise<void> {
    if (this.#state.kind === "opening" || this.#state.kind === "closing") return this.#state.done;
    const done = this.#open(after);
    this.#state = { kind: "opening", done };
    return done;
  }

  async #open(after?: Promise<void>): Promise<void> {
    await after;
    const inPlace = this.#options.tier.isReadInPlace() && !this.#isWantedInMemory;
    this.#isWantedInMemory = false;
    const opening = await this.#options.open({ inPlace });
    this.#state = opening;
    if (opening.kind !== "open") return;
    // The record may have changed since the opening began.
    this.#options.configure(opening.collection);
    this.#known.forget();
    // Whoever was open when the process ended was in use not long ago.
    if (this.#known.lastUsedAtMs === 0) this.#touch();
    this.#options.onOpened(opening.collection);
  }

  /** Once those who have it are done, and for good where the slot is retired: who waits opens it in memory. */
  #closeToPromote(collection: Collection): void {
    this.#isWantedInMemory = true;
    void this.#close(collection, { after: this.#users.unleased(), isSettled: false });
  }

  /** @returns whether it was closed in order, and the work is done */
  #close(
    collection: Collection,
    { after = Promise.resolve(), work = async () => {}, isSettled = true }: SlotClosing = {},
  ): Promise<boolean> {
    const stats = closingStats(collection);
    const close = async (): Promise<boolean> => {
      await after;
      try {
        await collection.close();
      } catch (cause) {
        // Everything is in the log: the next request finds out what is wrong.
        this.#options.onCloseFailure(cause);
        return false;
      }
      try {
        await work();
        return true;
      } finally {
        await this.#options.writeSummary(this.#summarize(collection, stats, isSettled));
      }
    };
    this.#summarize(collection, stats, isSettled);
    const done = close().finally(() => {
      this.#state = { kind: "closed" };
    });
    this.#state = {
      kind: "closing",
      done: done.then(
        () => {},
        () => {},
      ),
    };
    return done;
  }

  #summarize(collection: Collection, stats: CollectionStats, isSettled: boolean): ClosedSummary {
    const diskBytes = this.#options.tier.isCold() ? 0 : collection.diskBytes;
    return this.#known.close(stats, { diskBytes, isSettled });
  }

  #release(isAccess: boolean): void {
    this.#users.leave();
    this.#useCount += 1;
    if (isAccess) this.#options.tier.noteAccess(this.#touch());
  }

  /** @returns the time */
  #touch(): number {
    const nowMs = this.#options.nowMs();
    this.#known.used(nowMs);
    return nowMs;
  }
}

interface SlotClosing {
  readonly after?: Promise<void>;
  /** While it is closed, and requests wait. */
  readonly work?: () => Promise<void>;
  /** What is acknowledged is where it belongs. */
  readonly isSettled?: boolean;
}

const isLate = (error: unknown): boolean => isAkiDbError(error) && error.code === "deadline_exceeded";
