import { setTimeout as pause } from "node:timers/promises";
import {
  type AkiDbError,
  type DocumentId,
  isAkiDbError,
  noDeadline,
  toAkiDbError,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord, ReembeddingRecord } from "@akidb/catalog";
import { type ChangedDocuments, nodeDisk } from "@akidb/engine";
import { addRestore } from "../archive/restores.ts";
import type { HiddenGeneration } from "../collections/hiddenGenerations.ts";
import type { LiveCollection } from "../collections/liveCollections.ts";
import { copyDocuments, type DocumentCopy, documentsPerCopy, nextIds } from "./copyDocuments.ts";
import type { ReembeddingParts } from "./reembeddingParts.ts";
import { ReembeddingRate } from "./reembeddingRate.ts";

/** How far a run is. */
export interface RunProgress {
  readonly isCatchingUp: boolean;
  /** What it waits for; undefined where it does not. */
  readonly waitingFor: string | undefined;
  readonly documentsDone: number | undefined;
  readonly documentsTotal: number | undefined;
  readonly documentsPerSecond: number | undefined;
}

export type RunEnd =
  | { readonly kind: "flipped" }
  /** Somebody stopped it, or the collection is gone. */
  | { readonly kind: "stopped" }
  /** Not to go on before somebody has looked. */
  | { readonly kind: "failed"; readonly error: unknown };

/** Changed documents that are copied while writes wait. */
const copiedInHoldMax = documentsPerCopy;

/** Rows that a search may have to look at one by one when it finds the new index. */
const unlinkedMax = 1_000;
const linkedPollMs = 50;

const retryDelayMinMs = 1_000;
const retryDelayMaxMs = 30_000;

/** A collection that was opened anew meanwhile: all documents are looked at again, and what is the same stays. */
class BeginAgain extends Error {}

/**
 * Brings the files of another generation to what the collection holds, with the vectors of another model, and puts them in its
 * place. What is there of them already stays: whatever ended a run before, the next one compares all documents, and embeds
 * what differs.
 */
export class ReembeddingRun {
  readonly ended: Promise<RunEnd>;
  readonly #parts: ReembeddingParts;
  readonly #reembedding: ReembeddingRecord;
  readonly #abort = new AbortController();
  readonly #rate: ReembeddingRate;
  #source: LiveCollection | undefined;
  #target: HiddenGeneration | undefined;
  #isCatchingUp = false;
  /** Resolves when what was served before is closed. */
  #left: Promise<void> | undefined;
  #waitingFor: string | undefined;

  constructor(parts: ReembeddingParts, reembedding: ReembeddingRecord) {
    this.#parts = parts;
    this.#reembedding = reembedding;
    this.#rate = new ReembeddingRate(parts.clock);
    this.ended = this.#run();
  }

  get progress(): RunProgress {
    const documentsTotal = this.#source?.collection.stats().documentCount;
    const copied = this.#target?.collection.stats().documentCount;
    const isKnown = documentsTotal !== undefined && copied !== undefined;
    return {
      isCatchingUp: this.#isCatchingUp,
      waitingFor: this.#waitingFor,
      documentsDone: isKnown ? Math.min(copied, documentsTotal) : undefined,
      documentsTotal,
      documentsPerSecond: this.#rate.perSecond,
    };
  }

  /** Resolves when nothing of it goes on; where it was about to flip, it has. */
  async stop(): Promise<RunEnd> {
    this.#abort.abort(unavailable("re-embedding was stopped"));
    return await this.ended;
  }

  async #run(): Promise<RunEnd> {
    const { signal } = this.#abort;
    for (let delayMs = retryDelayMinMs; ; delayMs = Math.min(2 * delayMs, retryDelayMaxMs)) {
      try {
        const record = this.#record;
        if (record?.generation !== this.#reembedding.from.generation) return { kind: "stopped" };
        await this.#attempt(record);
        await this.#left;
        return { kind: "flipped" };
      } catch (error) {
        if (this.#left !== undefined) return { kind: "flipped" };
        if (signal.aborted) return { kind: "stopped" };
        if (error instanceof BeginAgain) continue;
        if (!isUnavailable(error)) return { kind: "failed", error };
        await this.#waitAfter(error, delayMs).catch(() => {});
      }
    }
  }

  /** @throws where it is stopped */
  async #waitAfter({ message, retryAfterMs = 0 }: AkiDbError, delayMs: number): Promise<void> {
    this.#waitingFor = message;
    try {
      const { signal } = this.#abort;
      await pause(Math.max(delayMs, retryAfterMs), undefined, { signal, ref: false });
    } finally {
      this.#waitingFor = undefined;
    }
  }

  /** Undefined where the collection is gone. */
  get #record(): CollectionRecord | undefined {
    return this.#parts.collections.recordOf(this.#reembedding.collectionId);
  }

  async #attempt(record: CollectionRecord): Promise<void> {
    const { collections } = this.#parts;
    const deadline = noDeadline(this.#abort.signal);
    // Its writes go on meanwhile, and no other opening of it can take its place.
    using source = await collections.get(record.databaseId, record.id, deadline, { inMemory: true });
    const target = await collections.generations.open({ ...record, ...this.#reembedding.to }, deadline);
    this.#source = source;
    this.#target = target;
    this.#isCatchingUp = false;
    try {
      using changes = source.collection.trackChanges();
      const copy = this.#copyOf(source, target);
      // Whatever the model is busy with, what is copied need not be compared again for it.
      const patient = { ...copy, embed: (texts: readonly string[]) => this.#embedPatiently(copy, texts) };
      await this.#copyAll(patient, changes);
      this.#isCatchingUp = true;
      await this.#catchUp(patient, changes);
      await this.#untilLinked(target);
      // So that a start has neither to replay nor to link all that.
      await target.collection.checkpoint();
      for (;;) {
        await this.#catchUp(patient, changes);
        await this.#untilLinked(target);
        // Here writes wait for the model, and it waits for nothing.
        if (await this.#flip(copy, changes, { source, target })) return;
      }
    } catch (error) {
      // What was closed under its feet tells so in many ways.
      throw collections.isServed(source) ? error : new BeginAgain();
    } finally {
      this.#source = undefined;
      this.#target = undefined;
      await target.close();
    }
  }

  #copyOf(source: LiveCollection, target: HiddenGeneration): DocumentCopy {
    const { to } = this.#reembedding;
    const { signal } = this.#abort;
    const tenant = this.#parts.tenantOf(source.record.databaseId);
    const options = { signal, tenant };
    return {
      name: source.record.name,
      source: source.collection.mirror,
      target: target.collection.mirror,
      dimension: to.dimension,
      embed: async (texts) => {
        const model = await this.#parts.modelOf(source.record.name, to, options);
        return (await model.embed(texts, options)).vectors;
      },
    };
  }

  async #embedPatiently({ embed }: DocumentCopy, texts: readonly string[]): Promise<Float32Array> {
    for (let delayMs = retryDelayMinMs; ; delayMs = Math.min(2 * delayMs, retryDelayMaxMs)) {
      try {
        return await embed(texts);
      } catch (error) {
        if (this.#abort.signal.aborted || !isUnavailable(error)) throw error;
        await this.#waitAfter(error, delayMs);
      }
    }
  }

  async #copyAll(copy: DocumentCopy, changes: ChangedDocuments): Promise<void> {
    let after: DocumentId | undefined;
    do {
      const page = await nextIds(copy, after, this.#abort.signal);
      this.#rate.add(await copyDocuments(copy, page.ids));
      after = page.after;
      await this.#turn();
    } while (after !== undefined);
    if (changes.isIncomplete) throw new BeginAgain();
  }

  /** Until few enough are left to copy them while writes wait. */
  async #catchUp(copy: DocumentCopy, changes: ChangedDocuments): Promise<void> {
    while (changes.count > copiedInHoldMax) {
      await this.#copyChanged(copy, changes);
      if (changes.isIncomplete) throw new BeginAgain();
      await this.#turn();
    }
  }

  async #copyChanged(copy: DocumentCopy, changes: ChangedDocuments): Promise<void> {
    const ids = changes.take(documentsPerCopy);
    try {
      await copyDocuments(copy, ids);
    } catch (error) {
      changes.add(ids);
      throw error;
    }
  }

  async #untilLinked({ collection }: HiddenGeneration): Promise<void> {
    while (collection.use().unindexedCount > unlinkedMax) {
      await pause(linkedPollMs, undefined, { signal: this.#abort.signal, ref: false });
    }
  }

  /**
   * In turn with whatever replaces or deletes the collection, and with nothing of it being put away.
   *
   * @returns false where more was written meanwhile than writes should wait for
   */
  async #flip(
    copy: DocumentCopy,
    changes: ChangedDocuments,
    { source, target }: { readonly source: LiveCollection; readonly target: HiddenGeneration },
  ): Promise<boolean> {
    const { collections, snapshots, catalog, clock, keepUntil, log } = this.#parts;
    return await collections.restores.inTurn(source.record, () =>
      snapshots.withoutCreations(source.record, async () => {
        this.#abort.signal.throwIfAborted();
        if (!collections.isServed(source)) throw new BeginAgain();
        const hold = await source.collection.holdWrites();
        try {
          if (changes.count > copiedInHoldMax || changes.isIncomplete) return false;
          await this.#copyChanged(copy, changes);
          await target.collection.settle();
          // What snapshots tell of other vectors, no log goes on from.
          await addRestore(nodeDisk, collections.directoryOf(target.slot.record), {
            atMs: clock.nowMs(),
            lsn: 0,
          });
          const record = await catalog.reembeddings.flip(this.#reembedding.id, keepUntil());
          const { documentCount } = target.collection.stats();
          this.#left = collections.generations.serve(target, record);
          source.collection.endSharing();
          hold.replace();
          const { name: collection, embeddingModel: model, dimension } = record;
          log({ kind: "collection_reembedded", collection, model, dimension, documentCount });
          return true;
        } finally {
          hold.release();
        }
      }),
    );
  }

  /** Others may have waited for the thread. */
  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#abort.signal.throwIfAborted();
  }
}

const isUnavailable = (error: unknown): error is AkiDbError =>
  isAkiDbError(error) && error.code === "unavailable";

/** What whoever asks is told of an error. */
export const reasonOf = (error: unknown): string => toAkiDbError(error).message;
