import type { DocumentStore } from "../documents/documentStore.ts";
import { StateSharing } from "../sharing/stateSharing.ts";
import type { AppliedState } from "./appliedState.ts";
import { Compaction } from "./compaction.ts";
import { unlimitedMemory } from "./memoryBudget.ts";
import type { Mutation } from "./mutation.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";
import { deadShareMax, emptyCopy } from "./recoverCollection.ts";

export interface ServedStateParts {
  readonly state: AppliedState;
  readonly options: OpenCollectionOptions;
  readonly documents: DocumentStore;
  /** A checkpoint is of one state from its beginning to its end. */
  readonly checkpoints: {
    readonly isWriting: () => boolean;
    /** Resolves when the one that is being written has ended. */
    readonly idle: () => Promise<void>;
  };
}

/** Fewer rows are not worth the work while the collection is open. */
const compactedRowsMin = 1_000;

/** After one that failed. */
const compactionPauseMs = 60_000;

/** After one for which others had taken the memory. */
const compactionRetryMs = 1_000;

/** What a collection serves, and the copy without dead rows that takes its place once there are many of these. */
export class ServedState {
  readonly #parts: ServedStateParts;
  #current: AppliedState;
  #compaction: Compaction | undefined;
  /** Resolves when the last compaction has ended. */
  #compacting = Promise.resolve();
  /** One has failed lately. */
  #isPausing = false;
  #compactionTimer: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly sharing: StateSharing;

  constructor(parts: ServedStateParts) {
    this.#parts = parts;
    this.#current = parts.state;
    this.sharing = new StateSharing({ ...parts, state: () => this.#current });
  }

  /** Compaction replaces it between two turns of the event loop. */
  get current(): AppliedState {
    return this.#current;
  }

  get isCompacting(): boolean {
    return this.#compaction !== undefined;
  }

  /** Of the copy, too. */
  get memoryBytes(): number {
    return this.#current.memoryBytes + (this.#compaction?.target.memoryBytes ?? 0);
  }

  /** What as many documents more will take, about, in the copy, too. */
  growthBytes(count: number, metadataBytes: number): number {
    const states = this.#compaction === undefined ? 1 : 2;
    return states * this.#current.growthBytes(count, metadataBytes);
  }

  /**
   * Applies what was logged, and publishes it.
   *
   * @throws where the state that is served could not take it
   */
  apply(mutations: readonly Mutation[], firstLsn: number): void {
    this.sharing.changing();
    applyAll(this.#current, mutations, firstLsn);
    try {
      if (this.#compaction !== undefined) applyAll(this.#compaction.target, mutations, firstLsn);
    } catch (error) {
      // It can be given up at any time, and begun again.
      this.#compaction?.stop();
      this.#compaction = undefined;
      this.#compactionFailed(error);
    }
  }

  compactIfNeeded(): void {
    const { options, documents } = this.#parts;
    const { index, rows } = this.#current;
    if (this.#isStopped || this.#isPausing || this.#compaction !== undefined) return;
    if (rows.rowCount < compactedRowsMin || index.deadShare <= deadShareMax) return;
    const room = (options.memory ?? unlimitedMemory).reserveCopy(this.#current.copyBytes);
    if (room === undefined) {
      this.#compactAfter(compactionRetryMs);
      return;
    }
    const target = emptyCopy(this.#current, options, documents);
    const compaction = new Compaction(this.#current, target, room);
    this.#compaction = compaction;
    this.#compacting = this.#compact(compaction);
  }

  /** No compaction begins any more, and one that runs ends soon. */
  stopCompacting(): void {
    this.#isStopped = true;
    clearTimeout(this.#compactionTimer);
    this.#compaction?.stop();
  }

  /** Resolves when no compaction runs; to be asked once they are stopped. */
  async compacted(): Promise<void> {
    await this.#compacting;
  }

  /** No memory for a second copy, most likely: the dead rows stay, and nothing else changes. */
  #compactionFailed(error: unknown): void {
    if (this.#isStopped) return;
    this.#parts.options.onCompactionFailure?.(error);
    this.#isPausing = true;
    clearTimeout(this.#compactionTimer);
    this.#compactionTimer = undefined;
    this.#compactAfter(compactionPauseMs);
  }

  /** Also where no write comes, as none may while memory is full. */
  #compactAfter(delayMs: number): void {
    this.#compactionTimer ??= setTimeout(() => {
      this.#compactionTimer = undefined;
      this.#isPausing = false;
      this.compactIfNeeded();
    }, delayMs).unref();
  }

  async #compact(compaction: Compaction): Promise<void> {
    const { checkpoints } = this.#parts;
    let surplus = compaction.target;
    try {
      const isReady = await compaction.run();
      while (checkpoints.isWriting()) await checkpoints.idle();
      if (isReady && this.#compaction === compaction) {
        this.sharing.end();
        surplus = this.#current;
        this.#current = compaction.target;
      }
    } catch (error) {
      this.#compactionFailed(error);
    } finally {
      if (this.#compaction === compaction) this.#compaction = undefined;
      await surplus.close();
    }
  }
}

function applyAll(state: AppliedState, mutations: readonly Mutation[], firstLsn: number): void {
  for (const [index, mutation] of mutations.entries()) state.apply(mutation, firstLsn + index);
  state.index.publish();
}
