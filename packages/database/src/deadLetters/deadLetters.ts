import {
  type Clock,
  type CollectionId,
  type DeadLetterOperation,
  type DeadLetterRetry,
  type IdGenerator,
  notFound,
  type Page,
  type PageRequest,
  type Random,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import {
  checkPageRequest,
  type DeadLetterFile,
  type DeadLetterSubject,
  encodeCursor,
  type StoredDeadLetter,
} from "@akidb/catalog";
import { ObjectStoreAwayError, type ObjectStoreCircuit } from "@akidb/objects";
import type { Log } from "../logEvent.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import { type DeadLetterTimes, restAfter } from "./deadLetterTimes.ts";
import { RestingError } from "./restingError.ts";

export interface DeadLettersOptions {
  readonly file: DeadLetterFile;
  /** What was found in it. All is tried at once: with a restart often comes what was missing. */
  readonly letters: readonly StoredDeadLetter[];
  readonly circuit: Pick<ObjectStoreCircuit, "state" | "reason">;
  readonly times: DeadLetterTimes;
  /** 10,000 if absent. Beyond it, what fails is not noted: it lies where it was, and is come back to in rounds. */
  readonly lettersMax?: number;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: Random;
  readonly meter: Pick<DatabaseMeter, "deadLetterAdded">;
  readonly log: Log;
}

export interface DeadLetterRecord extends StoredDeadLetter {
  /** Of this process; the next one begins anew. */
  readonly nextAttemptAtMs: number;
}

/** As whoever works sees it. */
export interface DeadLetterWork extends DeadLetterSubject {
  /** Name of the collection. */
  readonly collection: string;
}

/**
 * Does again what a letter is about. Resolves when it is done, or need not be done any more, whatever became of the collection.
 * It may do others of the collection as well.
 */
export type DeadLetterReplay = (letter: DeadLetterRecord) => Promise<void>;

const lettersMaxDefault = 10_000;

const errorCharactersMax = 1_000;
const tickMs = 1_000;

/**
 * Work in the background on the object store that has failed. A letter names what is on this machine, or in the catalog, and
 * holds nothing of it: one that is lost is noted again with the next failure, one too many finds nothing to do. So a crash between
 * two steps loses nothing and does nothing twice.
 */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  /** By {@link nameOf}, in the order of noting. */
  readonly #letters: Map<string, DeadLetterRecord>;
  readonly #replays = new Map<DeadLetterOperation, DeadLetterReplay>();
  /** Collections of which something has failed that is not in the queue. */
  readonly #unnoted = new Set<CollectionId>();
  #running: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    const nextAttemptAtMs = this.#now;
    this.#letters = new Map(
      options.letters.map((letter) => [nameOf(letter), { ...letter, nextAttemptAtMs }]),
    );
  }

  get size(): number {
    return this.#letters.size;
  }

  /** Who does again what has failed in an operation; before {@link start}. */
  replayBy(operation: DeadLetterOperation, replay: DeadLetterReplay): void {
    this.#replays.set(operation, replay);
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = setInterval(() => void this.runDue(), tickMs);
    this.#timer.unref();
  }

  /** Begins nothing any more, and what fails from now on fails because of that. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Resolves when nothing is done again any more. */
  async close(): Promise<void> {
    await this.#running.catch(() => {});
    this.#options.file.close();
  }

  /**
   * Does work in the background, once: what fails is in the queue then, what succeeds is not.
   *
   * @throws AkiDbError `unavailable` where it has failed before and its next attempt is yet to come; what the work throws
   */
  async attempt<Result>(work: DeadLetterWork, run: () => Promise<Result>): Promise<Result> {
    const known = this.#letters.get(nameOf(work));
    const restMs = known === undefined ? 0 : known.nextAttemptAtMs - this.#options.clock.nowMs();
    if (restMs > 0) throw new RestingError(restMs);
    try {
      const result = await run();
      this.settle(work);
      return result;
    } catch (error) {
      this.#note(work, error);
      throw error;
    }
  }

  /** It is done. */
  settle(subject: DeadLetterSubject): void {
    const letter = this.#letters.get(nameOf(subject));
    if (letter !== undefined) this.#remove(letter);
  }

  /** All of an operation is done for a collection, or need not be done any more. */
  settleAll(collectionId: CollectionId, operation: DeadLetterOperation): void {
    for (const letter of this.#of(collectionId)) if (letter.operation === operation) this.#remove(letter);
    this.#unnoted.delete(collectionId);
  }

  /** Whether all that has failed of a collection is in the queue. */
  holdsAllOf(collectionId: CollectionId): boolean {
    return !this.#unnoted.has(collectionId);
  }

  /** @throws AkiDbError `invalid_argument` for `limit` and `cursor` */
  list(page: PageRequest): Page<DeadLetterRecord> {
    const { limit, after } = checkPageRequest<"dead letter">(page);
    const rest = [...this.#letters.values()].filter(({ id }) => after === undefined || id > after);
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    return rest.length > limit && last !== undefined
      ? { items, nextCursor: encodeCursor(last.id) }
      : { items };
  }

  /** All have their next attempt now. */
  storeIsBack(): void {
    this.#makeDue([...this.#letters.values()]);
    void this.runDue();
  }

  /** Tries what is due, one after the other, unless that goes on already. Never rejects. */
  async runDue(): Promise<void> {
    if (this.#isRunning || this.size === 0) return;
    this.#isRunning = true;
    await this.#inTurn(async () => {
      const due = [...this.#letters.values()].filter(({ nextAttemptAtMs }) => nextAttemptAtMs <= this.#now);
      for (const letter of due.sort((a, b) => a.nextAttemptAtMs - b.nextAttemptAtMs)) {
        if (this.#isStopped || this.#options.circuit.state !== "closed") return;
        await this.#replay(letter);
      }
    }).finally(() => {
      this.#isRunning = false;
    });
  }

  /**
   * Tries all of a collection.
   *
   * @throws AkiDbError `not_found` where there is nothing; `unavailable` while the store is away
   */
  async retry(collectionId: CollectionId): Promise<DeadLetterRetry> {
    const { state, reason = "" } = this.#options.circuit;
    const letters = this.#of(collectionId);
    if (letters.length === 0) throw notFound(`work of collection ${collectionId} that has failed`);
    if (state !== "closed") {
      throw unavailable(
        `the object store is away (${reason}); nothing is tried before it is back, or its circuit breaker is reset`,
        { retryAfterMs: 5_000 },
      );
    }
    this.#makeDue(letters);
    return await this.#inTurn(async () => {
      for (const letter of letters) if (!this.#isStopped) await this.#replay(letter);
      const left = letters.filter((letter) => this.#letters.has(nameOf(letter)));
      return { retriedCount: letters.length, succeededCount: letters.length - left.length };
    });
  }

  #makeDue(letters: readonly DeadLetterRecord[]): void {
    const nextAttemptAtMs = this.#now;
    for (const letter of letters) this.#letters.set(nameOf(letter), { ...letter, nextAttemptAtMs });
  }

  /** Never rejects. */
  async #replay(due: DeadLetterRecord): Promise<void> {
    // Done together with another one.
    const letter = this.#letters.get(nameOf(due));
    if (letter === undefined || letter.nextAttemptAtMs > this.#now) return;
    try {
      await this.#replays.get(letter.operation)?.(letter);
      this.settle(letter);
    } catch (error) {
      const after = this.#letters.get(nameOf(letter));
      // Its own attempt has noted it.
      if (after !== undefined && after.attempts === letter.attempts) this.#note(letter, error);
    }
  }

  #note(work: DeadLetterWork, error: unknown): void {
    if (this.#isStopped) return;
    const known = this.#letters.get(nameOf(work));
    const wasTried = !(error instanceof ObjectStoreAwayError);
    if (known !== undefined && !wasTried) return;
    const { lettersMax = lettersMaxDefault } = this.#options;
    if (known === undefined && this.size >= lettersMax) {
      this.#leaveOut(work.collectionId);
      return;
    }
    const { ids, times, random, meter } = this.#options;
    const attempts = (known?.attempts ?? 0) + (wasTried ? 1 : 0);
    const { operation, collectionId, collection, key } = work;
    this.#put({
      id: known?.id ?? ids.next<"dead letter">(),
      ...{ operation, collectionId, key, attempts },
      // Of what is left of a deleted one nobody knows the name after a restart.
      collection: known?.collection ?? collection,
      lastError: toAkiDbError(error).message.slice(0, errorCharactersMax),
      firstFailedAtMs: known?.firstFailedAtMs ?? this.#now,
      lastFailedAtMs: this.#now,
      // The breaker says when the store may be asked, and then it is asked at once.
      nextAttemptAtMs: this.#now + (wasTried ? restAfter(attempts, times, random) : 0),
    });
    if (known === undefined) meter.deadLetterAdded();
  }

  #leaveOut(collectionId: CollectionId): void {
    if (this.#unnoted.size === 0) this.#options.log({ kind: "dead_letters_full", size: this.size });
    this.#unnoted.add(collectionId);
  }

  #of(collectionId: CollectionId): readonly DeadLetterRecord[] {
    return [...this.#letters.values()].filter((letter) => letter.collectionId === collectionId);
  }

  #put(letter: DeadLetterRecord): void {
    this.#letters.set(nameOf(letter), letter);
    this.#write(letter.collectionId, () => this.#options.file.put(letter));
  }

  #remove(letter: DeadLetterRecord): void {
    this.#letters.delete(nameOf(letter));
    this.#write(letter.collectionId, () => this.#options.file.remove(letter.id));
  }

  /** In memory it is right in any case. */
  #write(collectionId: CollectionId, write: () => void): void {
    try {
      write();
    } catch (cause) {
      this.#unnoted.add(collectionId);
      this.#options.log({ kind: "dead_letters_unwritten", cause });
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#running.then(work);
    this.#running = done.catch(() => {});
    return done;
  }

  get #now(): number {
    return this.#options.clock.nowMs();
  }
}

const nameOf = ({ operation, collectionId, key }: DeadLetterSubject): string =>
  `${operation} ${collectionId} ${key}`;
