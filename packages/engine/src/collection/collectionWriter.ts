import { type AkiDbError, type Clock, unavailable } from "@akidb/base";
import type { DocumentStore } from "../documents/documentStore.ts";
import { ChangedDocuments } from "../mirror/changedDocuments.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import { WalFailure } from "../wal/walFailure.ts";
import type { WalWriter } from "../wal/walWriter.ts";
import { CommitQueue, type Write } from "./commitQueue.ts";
import type { Mutation } from "./mutation.ts";
import { encodeMutation } from "./mutationRecord.ts";
import { PendingDocuments } from "./pendingDocuments.ts";
import type { ServedState } from "./servedState.ts";
import { withinMemory } from "./withinMemory.ts";
import { WriteGate, type WriteHold } from "./writeGate.ts";

export interface CollectionWriterOptions {
  readonly served: ServedState;
  readonly documents: DocumentStore;
  readonly wal: WalWriter;
  readonly clock: Clock;
  /** Its vectors are in their files, where nothing is written. */
  readonly isInPlace: boolean;
  /** A group is there for every reader. */
  readonly onApplied: () => void;
}

/** When the group of a write came to what, by the monotonic clock. */
export interface CommitTiming {
  /** Decided by then: it waits until the file of documents has room for more. */
  readonly decidedMs: number;
  /** To the log it goes. */
  readonly admittedMs: number;
  readonly loggedMs: number;
  /** Every reader sees it. */
  readonly appliedMs: number;
}

/** What a write comes to: it sees every write before it, durable or not. What it throws is the write's refusal. */
export type Decide = (pending: PendingDocuments) => readonly Mutation[];

interface PendingWrite extends Write {
  readonly decide: Decide;
  readonly succeed: (timing: CommitTiming) => void;
}

/** The log tries to go on by itself, at first after a tenth of that. */
const refusedRetryMs = 1_000;

/**
 * The single writer of a collection: writes are decided one after the other, logged in groups, applied, published to all
 * readers at once, and only then acknowledged. After a group is decided, only the disk can fail; what is durable and could
 * not be applied ends all writing until the collection is opened anew.
 */
export class CollectionWriter {
  readonly #options: CollectionWriterOptions;
  readonly #gate = new WriteGate();
  readonly #queue = new CommitQueue<PendingWrite>((group) => this.#gate.pass(() => this.#commit(group)));
  readonly #changes = new Set<ChangedDocuments>();
  /** Until the collection is opened anew. */
  #readOnlyReason: string | undefined;
  #isClosing = false;

  constructor(options: CollectionWriterOptions) {
    this.#options = options;
  }

  get isInPlace(): boolean {
    return this.#options.isInPlace;
  }

  /** Nothing is waiting, and nothing is being committed. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Whether all that is durable is applied. */
  get isSound(): boolean {
    return this.#readOnlyReason === undefined;
  }

  /** Why nothing can be written at the moment; undefined where writes are welcome. */
  get readOnlyReason(): string | undefined {
    return this.#readOnlyReason ?? this.#options.wal.failure?.reason;
  }

  /** Whether another collection has come in this one's place, which takes no writes any more. */
  get isReplaced(): boolean {
    return this.#gate.isReplaced;
  }

  /**
   * @param bytes roughly, in memory and in the log
   * @throws AkiDbError `unavailable`, or what `decide` throws; PromotionNeededError where the collection is in place
   */
  write(bytes: number, decide: Decide): Promise<CommitTiming> {
    return new Promise((succeed, fail) => {
      this.requireInMemory();
      this.requireTaking();
      this.#queue.push({ bytes, decide, succeed, fail });
    });
  }

  /** @throws PromotionNeededError where the collection is in place */
  requireInMemory(): void {
    if (this.isInPlace) throw new PromotionNeededError("it takes no writes where it is");
  }

  /** @throws AkiDbError `unavailable` where no write would be taken of a collection in memory */
  requireTaking(): void {
    if (this.#isClosing) throw unavailable("the collection is closing");
    this.#requireWritable();
  }

  /** Lets writes wait, where another collection is to come in this one's place. */
  hold(): Promise<WriteHold> {
    return this.#gate.hold();
  }

  /** Which documents are written or deleted from now on, until it is disposed of. */
  trackChanges(): ChangedDocuments {
    const changes = new ChangedDocuments((ended) => void this.#changes.delete(ended));
    this.#changes.add(changes);
    return changes;
  }

  /** Finishes what is waiting; no write is taken any more. */
  close(): Promise<void> {
    this.#isClosing = true;
    return this.#queue.idle();
  }

  #requireWritable(): void {
    this.#gate.requireOpen();
    if (this.#readOnlyReason !== undefined) {
      throw unavailable(`the collection is read-only until the next start: ${this.#readOnlyReason}`);
    }
    const { failure } = this.#options.wal;
    if (failure === undefined) return;
    const message = `the collection takes no writes until the log goes on: ${failure.reason}`;
    throw unavailable(message, { retryAfterMs: refusedRetryMs });
  }

  /**
   * Decide, log, apply, publish, answer: one group at a time. A refusal may rest on what others of its group write, and so
   * is told when that is there for its caller to read, or is not to come.
   */
  async #commit(group: readonly PendingWrite[]): Promise<void> {
    const pending = new PendingDocuments(this.#options.served.current);
    const decided: PendingWrite[] = [];
    const refusals: (() => void)[] = [];
    const mutations: Mutation[] = [];
    for (const write of group) {
      try {
        this.#requireWritable();
        // What a write enters before it fails must not be there for those behind it.
        const entered = new PendingDocuments(pending);
        const resolved = withinMemory(() => write.decide(entered));
        entered.mergeInto(pending);
        mutations.push(...resolved);
        decided.push(write);
      } catch (error) {
        refusals.push(() => write.fail(error));
      }
    }
    try {
      const timing = await this.#logAndApply(mutations);
      for (const write of decided) write.succeed(timing);
      for (const refuse of refusals) refuse();
    } catch (error) {
      for (const write of group) write.fail(error);
    }
  }

  async #logAndApply(mutations: readonly Mutation[]): Promise<CommitTiming> {
    const { clock, documents, wal, served, onApplied } = this.#options;
    const decidedMs = clock.monotonicMs();
    if (mutations.length === 0) {
      return { decidedMs, admittedMs: decidedMs, loggedMs: decidedMs, appliedMs: decidedMs };
    }
    await documents.makeRoom();
    const admittedMs = clock.monotonicMs();
    const records = this.#prepare(mutations);
    // From here on the group is decided: only the disk can fail.
    try {
      await wal.append(records);
    } catch (cause) {
      throw cause instanceof WalFailure ? refusedByLog(cause) : cause;
    }
    const loggedMs = clock.monotonicMs();
    const firstLsn = wal.lastLsn - mutations.length + 1;
    try {
      served.apply(mutations, firstLsn);
      for (const changes of this.#changes) changes.note(mutations);
    } catch (error) {
      this.#readOnlyReason ??= "a durable write could not be applied";
      throw error;
    }
    const appliedMs = clock.monotonicMs();
    served.compactIfNeeded();
    onApplied();
    return { decidedMs, admittedMs, loggedMs, appliedMs };
  }

  /** Takes all the memory that the group needs, so that nothing can run out of it once the group is logged. */
  #prepare(mutations: readonly Mutation[]) {
    return withinMemory(() => {
      this.#options.served.current.reserve(mutations);
      return mutations.map(encodeMutation);
    });
  }
}

function refusedByLog(failure: WalFailure): AkiDbError {
  const outcome = failure.mayReappear
    ? "it is not there, but may be after a restart if the log cannot be written again before"
    : "it is not there";
  const message = `the write could not be made durable, and ${outcome}: ${failure.reason}`;
  return unavailable(message, { retryAfterMs: refusedRetryMs, cause: failure });
}
