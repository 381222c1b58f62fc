import {
  type AkiDbError,
  type Deadline,
  type Document,
  type DocumentInput,
  type DocumentPatch,
  type Include,
  type UpsertItem,
  unavailable,
} from "@akidb/base";
import type { Checkpoints } from "../checkpoint/checkpoints.ts";
import type { DocumentStore } from "../documents/documentStore.ts";
import type { Filter } from "../filter/filter.ts";
import type { InPlaceIndex } from "../index/inPlaceIndex.ts";
import type { ChangedDocuments } from "../mirror/changedDocuments.ts";
import { CollectionMirror } from "../mirror/collectionMirror.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import type { CollectionQuery, QueryAnswer } from "../query/collectionQuery.ts";
import { CollectionContents } from "../reads/collectionContents.ts";
import { CollectionReader } from "../reads/collectionReader.ts";
import type { CollectionShare } from "../sharing/collectionShare.ts";
import { CollectionSnapshots } from "../snapshot/collectionSnapshots.ts";
import type { CollectionShape } from "../snapshot/snapshotManifest.ts";
import { createWal } from "../wal/openWal.ts";
import type { WalWriter } from "../wal/walWriter.ts";
import type { AppliedState } from "./appliedState.ts";
import { Checkpointer } from "./checkpointer.ts";
import { defaultCheckpointPolicy } from "./checkpointPolicy.ts";
import type { ChunkedDocument } from "./chunkedDocument.ts";
import type { CollectionStats, CollectionUse } from "./collectionStats.ts";
import { CollectionWriter } from "./collectionWriter.ts";
import {
  type DeleteKeys,
  type DeleteMatching,
  type DeleteOptions,
  DocumentWrites,
  type WriteOptions,
} from "./documentWrites.ts";
import type { CollectionFiles, CollectionSettings, OpenCollectionOptions } from "./openCollectionOptions.ts";
import {
  type CollectionRecovery,
  type RecoveredCollection,
  recoverCollection,
  walDirectory,
} from "./recoverCollection.ts";
import { ServedState } from "./servedState.ts";
import type { WriteHold } from "./writeGate.ts";
import { WriteRoom } from "./writeRoom.ts";

/** Begins a collection on disk; durable when it resolves. */
export const createCollectionFiles = (files: CollectionFiles): Promise<void> =>
  createWal({ ...files, directory: walDirectory(files.directory) });

/**
 * A collection with its single writer: what a caller was told is on the device (as `wal.sync` says) and found by the next
 * query.
 */
export class Collection {
  readonly recovery: CollectionRecovery;
  readonly #options: OpenCollectionOptions;
  readonly #documents: DocumentStore;
  readonly #checkpoints: Checkpoints;
  readonly #checkpointer: Checkpointer;
  readonly #served: ServedState;
  readonly #inPlace: InPlaceIndex | undefined;
  readonly #wal: WalWriter;
  readonly #writer: CollectionWriter;
  readonly #writes: DocumentWrites;
  readonly #reader: CollectionReader;
  readonly contents = new CollectionContents(() => this.#state);
  readonly mirror: CollectionMirror;
  readonly snapshots: CollectionSnapshots;
  #closing: Promise<void> | undefined;

  private constructor({
    options,
    state,
    inPlace,
    documents,
    checkpoints,
    wal,
    recovery,
  }: RecoveredCollection) {
    this.#options = options;
    this.#inPlace = inPlace;
    this.#served = new ServedState({
      state,
      options,
      documents,
      checkpoints: {
        isWriting: () => this.#checkpointer.isWriting,
        idle: () => this.#checkpointer.idle(),
      },
    });
    this.#documents = documents;
    this.#checkpoints = checkpoints;
    this.#wal = wal;
    this.recovery = recovery;
    this.#writer = new CollectionWriter({
      served: this.#served,
      documents,
      wal,
      clock: options.clock,
      isInPlace: inPlace !== undefined,
      onApplied: () => this.#checkpointer.writeIfDue(),
    });
    const room = new WriteRoom({
      memory: options.memory,
      storage: options.storage,
      growthBytes: (...documents) => this.#served.growthBytes(...documents),
    });
    this.#writes = new DocumentWrites({ writer: this.#writer, room, state: () => this.#state, options });
    this.#checkpointer = new Checkpointer({
      checkpoints,
      documents,
      wal,
      clock: options.clock,
      policy: { ...defaultCheckpointPolicy, ...options.checkpointPolicy },
      state: () => this.#state,
      isSound: () => this.#writer.isSound && inPlace === undefined,
      onFailure: options.onCheckpointFailure ?? (() => {}),
    });
    this.#reader = new CollectionReader({
      // An exact check would read every vector from the disk.
      options: inPlace === undefined ? options : { ...options, recallChecksPerMinute: 0 },
      state: () => this.#state,
      texts: documents.texts,
    });
    this.mirror = new CollectionMirror({
      ...{ dimension: options.dimension, clock: options.clock },
      state: () => this.#state,
      write: async ({ decide, ...size }) => {
        using _room = await room.make(room.needOf(size));
        await this.#writer.write(size.bytes, decide);
      },
    });
    this.snapshots = new CollectionSnapshots({
      disk: options.disk,
      clock: options.clock,
      collectionId: options.collectionId,
      shape: shapeOf(options),
      checkpoints,
      checkpointer: this.#checkpointer,
      wal,
      requireOpen: () => this.#requireCheckpoints(),
    });
  }

  /**
   * @throws DamagedFileError where something acknowledged cannot be read back; PromotionNeededError where it is to be
   *   searched in place and its log holds more than its checkpoint, or something is to be put right first
   */
  static async open(options: OpenCollectionOptions): Promise<Collection> {
    let collection: Collection | undefined;
    const checkpointIfDue = () => {
      if (collection !== undefined) collection.#checkpointer.writeIfDue();
    };
    const parts = await recoverCollection({
      ...options,
      graph: { ...options.graph, onLinked: checkpointIfDue },
    });
    collection = new Collection(parts);
    parts.state.indexPayload();
    parts.documents.texts.catchUp();
    if (parts.inPlace === undefined) collection.#served.compactIfNeeded();
    else collection.#served.stopCompacting();
    checkpointIfDue();
    return collection;
  }

  /** What may be other than it was when the collection was opened; it counts for every write that is decided from now on. */
  configure({ maxDocumentCount, walRetentionMs }: CollectionSettings): void {
    this.#writes.maxDocumentCount = maxDocumentCount;
    this.#wal.keepFor(walRetentionMs);
  }

  /** Its vectors are in their files, and it refuses to do what needs them in memory with PromotionNeededError. */
  get isInPlace(): boolean {
    return this.#inPlace !== undefined;
  }

  /** Some of its vectors were not what was written: opened in memory, it is put right. */
  get isDamagedInPlace(): boolean {
    return this.#inPlace?.damage !== undefined;
  }

  /** What it takes in memory, all of it. */
  get promotedBytes(): number {
    return this.memoryBytes + (this.#inPlace?.storedBytes ?? 0);
  }

  /** Of the last write that was acknowledged. */
  get lastLsn(): number {
    return this.#wal.lastLsn;
  }

  /** Whether nothing is under way but what its callers wait for: it can be closed without taking anything from anyone. */
  get isIdle(): boolean {
    const isQuiet =
      this.#writer.isIdle &&
      !this.snapshots.isWriting &&
      !this.#served.isCompacting &&
      !this.#checkpointer.isWriting &&
      (this.#inPlace !== undefined || this.#state.index.tailCount === 0);
    return isQuiet && this.#writer.readOnlyReason === undefined && this.#closing === undefined;
  }

  /** Also once it is closed. */
  get diskBytes(): number {
    return this.#wal.bytes + this.#documents.diskBytes + this.#checkpoints.bytes;
  }

  /** That a snapshot will take, about: the documents as Parquet, and the checkpoint that is its own once others follow. */
  get snapshotBytes(): number {
    const vectorBytes = this.#state.count * this.#options.dimension * Float32Array.BYTES_PER_ELEMENT;
    return this.#documents.diskBytes + this.#served.memoryBytes + vectorBytes;
  }

  get memoryBytes(): number {
    return this.#served.memoryBytes + this.#documentBytes;
  }

  /** Where memory and disk go, as counters have it; cheaper than {@link stats}. */
  use(): CollectionUse {
    return {
      unindexedCount: this.#state.index.tailCount,
      memory: { indexes: this.#served.memoryBytes, documents: this.#documentBytes },
      disk: {
        wal: this.#wal.bytes,
        documents: this.#documents.diskBytes,
        checkpoints: this.#checkpoints.bytes,
      },
    };
  }

  stats(): CollectionStats {
    return {
      documentCount: this.#state.count,
      indexedCount: Math.min(this.#state.index.linkedCount, this.#state.count),
      rowCount: this.#state.rows.rowCount,
      memoryBytes: this.memoryBytes,
      diskBytes: this.diskBytes,
      payload: this.#state.payload.index.stats(),
      recall: this.#reader.recall,
      readOnlyReason: this.#writer.readOnlyReason,
    };
  }

  /** @throws as {@link DocumentWrites.upsert} */
  upsert(
    documents: readonly (DocumentInput | ChunkedDocument | AkiDbError)[],
    options?: WriteOptions,
  ): Promise<readonly UpsertItem[]> {
    return this.#writes.upsert(documents, options);
  }

  /** @throws as {@link DocumentWrites.patch} */
  patch(
    patches: readonly (DocumentPatch | AkiDbError)[],
    options?: WriteOptions,
  ): Promise<readonly UpsertItem[]> {
    return this.#writes.patch(patches, options);
  }

  /** @throws as {@link DocumentWrites.delete} */
  delete(keys: readonly string[], options?: DeleteOptions): Promise<readonly boolean[]> {
    return this.#writes.delete(keys, options);
  }

  /** @throws as {@link DocumentWrites.deleteMatching} */
  deleteMatching(request: DeleteMatching, deadline: Deadline): Promise<number> {
    return this.#writes.deleteMatching(request, deadline);
  }

  /** @throws as {@link DocumentWrites.deleteKeys} */
  deleteKeys(request: DeleteKeys, deadline: Deadline): Promise<number> {
    return this.#writes.deleteKeys(request, deadline);
  }

  /** As {@link DocumentWrites.removeExpired}. */
  removeExpired(): Promise<boolean> {
    return this.#writes.removeExpired();
  }

  /**
   * @param key an id or an external id
   * @param within what does not pass it is not there
   */
  get(key: string, include: readonly Include[], within?: Filter): Document | undefined {
    return this.#reader.get(key, include, within);
  }

  /** @throws as {@link CollectionReader.query} */
  query(query: CollectionQuery, deadline: Deadline): Promise<QueryAnswer> {
    return this.#reader.query(query, deadline);
  }

  /** Which documents are written or deleted from now on, until it is disposed of. */
  trackChanges(): ChangedDocuments {
    return this.#writer.trackChanges();
  }

  /** Lets writes wait, where another collection is to come in this one's place. */
  holdWrites(): Promise<WriteHold> {
    return this.#writer.hold();
  }

  /** Whether another one has: this one answers whoever has begun to read it, and takes no writes. */
  get isReplaced(): boolean {
    return this.#writer.isReplaced;
  }

  /** Other threads search it no more by themselves. */
  endSharing(): void {
    this.#served.sharing.end();
  }

  /** What another thread needs to search it by itself; undefined where only this one can. */
  share(): CollectionShare | undefined {
    const isServed = this.#closing === undefined && !this.isReplaced;
    return isServed ? this.#served.sharing.share() : undefined;
  }

  /** Gives back what a thread took that searched what is shared, when that thread has failed. */
  releaseGuest(guestNumber: number): void {
    this.#served.sharing.releaseGuest(guestNumber);
  }

  /**
   * Writes down what the collection holds, so that the next start has nothing to replay or link of what was there at the
   * call. It happens by itself often enough; this is for who copies the files, or measures.
   *
   * @throws AkiDbError `unavailable` where it cannot be written; nothing has changed then
   */
  async checkpoint(): Promise<void> {
    this.#requireCheckpoints();
    try {
      await this.#checkpointer.write();
    } catch (cause) {
      throw unavailable("a checkpoint of the collection could not be written", { cause });
    }
  }

  /**
   * Closes the file of the log that is written to and offers all closed ones to `onSegmentClosed` that it has not taken.
   *
   * @returns whether it has taken everything that was acknowledged before the call
   * @throws AkiDbError `unavailable` where the log cannot be written
   */
  async handOverLog(): Promise<boolean> {
    if (this.#closing !== undefined) throw unavailable("the collection is closing");
    try {
      return await this.#wal.handOver();
    } catch (cause) {
      throw unavailable("the file of the log could not be completed", { cause });
    }
  }

  /**
   * Resolves when everything acknowledged before the call is in its files, and durable in the log: closing loses nothing.
   *
   * @throws AkiDbError `unavailable`; WalFailure; DamagedFileError
   */
  settle(): Promise<void> {
    return this.#documents.flush();
  }

  /** Gives back what only makes reads faster. */
  dropCache(): void {
    this.#state.dropCache();
  }

  /** Finishes what is waiting; no write is taken any more. */
  close({ hasNoFuture = false }: { readonly hasNoFuture?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(hasNoFuture);
    return this.#closing;
  }

  async #close(hasNoFuture: boolean): Promise<void> {
    this.#served.sharing.end();
    await this.#writer.close();
    this.#served.stopCompacting();
    await this.snapshots.close();
    await this.#checkpointer.close({ isLastWritten: !hasNoFuture });
    await this.#served.compacted();
    // The documents' file follows the log, so the log is the last to close.
    await this.#documents.flush().catch(() => {});
    try {
      await this.#wal.close();
    } finally {
      await this.#state.close();
      await this.#documents.close();
    }
  }

  get #state(): AppliedState {
    return this.#served.current;
  }

  /** In memory: those that are not written yet, and those that were read lately. */
  get #documentBytes(): number {
    return this.#documents.memoryBytes + this.#state.cacheBytes;
  }

  /** One that is searched in place has what its checkpoint has, and cannot write another. */
  #requireCheckpoints(): void {
    this.#writer.requireTaking();
    if (this.#inPlace === undefined || this.#checkpointer.current !== undefined) return;
    throw new PromotionNeededError("its checkpoint lacks the indexes of metadata");
  }
}

const shapeOf = ({ dimension, metric, graph }: OpenCollectionOptions): CollectionShape => ({
  dimension,
  metric,
  hnswM: graph.linksMax,
  hnswEfConstruction: graph.efConstruction,
  quantization: graph.quantization,
});
