import {
  AkiDbError,
  type Deadline,
  type Document,
  type DocumentInput,
  type DocumentPatch,
  type FieldViolation,
  type Include,
  invalidArguments,
  isAkiDbError,
  type RecallEstimate,
  type UpsertItem,
  unavailable,
} from "@akidb/base";
import type { Checkpoints } from "../checkpoint/checkpoints.ts";
import { emptyDocumentHeapBytes } from "../documents/documentHeapBytes.ts";
import type { DocumentStore } from "../documents/documentStore.ts";
import { allOf } from "../filter/allOf.ts";
import { everything, type Filter } from "../filter/filter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import type { InPlaceIndex } from "../index/inPlaceIndex.ts";
import { ChangedDocuments } from "../mirror/changedDocuments.ts";
import { CollectionMirror, type MirroredWrite } from "../mirror/collectionMirror.ts";
import type { PayloadStats } from "../payload/payloadIndex.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import type { CollectionQuery, QueryAnswer } from "../query/collectionQuery.ts";
import { CollectionContents } from "../reads/collectionContents.ts";
import { CollectionReader } from "../reads/collectionReader.ts";
import type { CollectionShare } from "../sharing/collectionShare.ts";
import type { CollectionShape, SnapshotManifest } from "../snapshot/snapshotManifest.ts";
import { type SnapshotWrite, writeSnapshot } from "../snapshot/writeSnapshot.ts";
import { createWal } from "../wal/openWal.ts";
import { WalFailure } from "../wal/walFailure.ts";
import type { WalWriter } from "../wal/walWriter.ts";
import type { AppliedState } from "./appliedState.ts";
import { type Budget, unlimited } from "./budget.ts";
import { type BulkDeleteParts, deleteKeys, deleteMatching } from "./bulkDelete.ts";
import { type CheckedBatch, checkBatch, writtenFor } from "./checkedBatch.ts";
import { checkPatch } from "./checkedPatch.ts";
import { Checkpointer } from "./checkpointer.ts";
import { defaultCheckpointPolicy } from "./checkpointPolicy.ts";
import type { ChunkedDocument } from "./chunkedDocument.ts";
import { CommitQueue, type Write } from "./commitQueue.ts";
import { type MemoryBudget, unlimitedMemory } from "./memoryBudget.ts";
import type { Mutation } from "./mutation.ts";
import { encodeMutation } from "./mutationRecord.ts";
import type { CollectionFiles, CollectionSettings, OpenCollectionOptions } from "./openCollectionOptions.ts";
import { PendingDocuments } from "./pendingDocuments.ts";
import {
  type CollectionRecovery,
  type RecoveredCollection,
  recoverCollection,
  walDirectory,
} from "./recoverCollection.ts";
import { resolveDelete } from "./resolveDelete.ts";
import { patchBytes, resolvePatches } from "./resolvePatches.ts";
import { resolveUpsert } from "./resolveUpsert.ts";
import { ServedState } from "./servedState.ts";
import { checkIfVersion } from "./versionCheck.ts";
import { withinMemory } from "./withinMemory.ts";
import { WriteGate, type WriteHold } from "./writeGate.ts";

export interface CollectionStats {
  readonly documentCount: number;
  /** Documents that searches reach through the graph. */
  readonly indexedCount: number;
  /** Vectors in memory: those of replaced and deleted documents, too, until compaction drops them. */
  readonly rowCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Undefined while the collection is not open. */
  readonly payload: PayloadStats | undefined;
  /** Undefined while nothing has been checked. */
  readonly recall: RecallEstimate | undefined;
  /** Why nothing can be written at the moment; undefined where writes are welcome. */
  readonly readOnlyReason: string | undefined;
}

/** In bytes, but for the count. */
export interface CollectionUse {
  /** Vectors that no graph has yet, though there is one: searches look at each. */
  readonly unindexedCount: number;
  readonly memory: { readonly indexes: number; readonly documents: number };
  readonly disk: { readonly wal: number; readonly documents: number; readonly checkpoints: number };
}

/** What the writer does with one request: `decide` sees every write before it, durable or not. */
interface PendingWrite extends Write {
  readonly decide: (pending: PendingDocuments) => readonly Mutation[];
  readonly succeed: (timing: CommitTiming) => void;
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

export interface WriteOptions {
  readonly atomic?: boolean;
  /** What does not pass it is neither there nor can it be written: who writes is bound by it. */
  readonly within?: Filter | undefined;
  readonly onCommitted?: (timing: CommitTiming) => void;
}

/** Documents of one batch of those that have expired. */
const expiredBatchMax = 1_000;

/** The log tries to go on by itself, at first after a tenth of that. */
const refusedRetryMs = 1_000;

/** Begins a collection on disk; durable when it resolves. */
export const createCollectionFiles = (files: CollectionFiles): Promise<void> =>
  createWal({ ...files, directory: walDirectory(files.directory) });

/**
 * A collection with its single writer. Writes are decided one after the other, logged in groups, applied, published to
 * all readers at once, and only then acknowledged: what a caller was told is on the device (as `wal.sync` says) and
 * found by the next query.
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
  readonly #loggedBytesAtOpen: number;
  /** Of the last snapshot that was made since. */
  #snapshotMark: { readonly lsn: number; readonly loggedBytes: number } | undefined;
  readonly #gate = new WriteGate();
  readonly #queue = new CommitQueue<PendingWrite>((group) => this.#gate.pass(() => this.#commit(group)));
  readonly #reader: CollectionReader;
  readonly contents = new CollectionContents(() => this.#state);
  readonly mirror: CollectionMirror;
  readonly #changes = new Set<ChangedDocuments>();
  readonly #snapshots = new Set<Promise<unknown>>();
  readonly #snapshotAbort = new AbortController();
  #maxDocumentCount: number;
  /** Until the collection is opened anew. */
  #readOnlyReason: string | undefined;
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
    this.#maxDocumentCount = options.maxDocumentCount;
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
    this.#loggedBytesAtOpen = wal.loggedBytes;
    this.recovery = recovery;
    this.#checkpointer = new Checkpointer({
      checkpoints,
      documents,
      wal,
      clock: options.clock,
      policy: { ...defaultCheckpointPolicy, ...options.checkpointPolicy },
      state: () => this.#state,
      isSound: () => this.#readOnlyReason === undefined && this.#inPlace === undefined,
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
        using _room = await this.#memory.makeRoom(this.#growthBytes(size));
        using _space = await this.#storage.makeRoom(storedBytes(size.bytes));
        await this.#write(size.bytes, decide);
      },
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
    this.#maxDocumentCount = maxDocumentCount;
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
      this.#queue.isIdle &&
      this.#snapshots.size === 0 &&
      !this.#served.isCompacting &&
      !this.#checkpointer.isWriting &&
      (this.#inPlace !== undefined || this.#state.index.tailCount === 0);
    const isSound = this.#readOnlyReason === undefined && this.#wal.failure === undefined;
    return isQuiet && isSound && this.#closing === undefined;
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

  /**
   * Bytes that the log took behind a snapshot. Of one from before the collection was opened, what the log has dropped
   * between the snapshot and the opening does not count.
   */
  logGrowthSince(snapshotLsn: number): number {
    const { loggedBytes } = this.#wal;
    if (this.#snapshotMark?.lsn === snapshotLsn) return loggedBytes - this.#snapshotMark.loggedBytes;
    return Math.max(this.#wal.bytesSince(snapshotLsn), loggedBytes - this.#loggedBytesAtOpen);
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
      readOnlyReason: this.#readOnlyReason ?? this.#wal.failure?.reason,
    };
  }

  /**
   * Inserts or replaces whole documents; each is written or refused on its own.
   *
   * @param documents an error in place of a document is its refusal, and keeps its position; one in chunks replaces all
   * that it was before
   * @returns one item for each document; of one in chunks, that of its first
   * @throws AkiDbError with `atomic`, where any document cannot be written, and then none is; `quota_exceeded` where there
   *   is no room for the batch in memory or on the disk, of which nothing is written then
   */
  async upsert(
    documents: readonly (DocumentInput | ChunkedDocument | AkiDbError)[],
    { atomic = false, within, onCommitted }: WriteOptions = {},
  ): Promise<readonly UpsertItem[]> {
    this.#requireInMemory();
    const batch = checkBatch({ documents, atomic }, this.#options);
    const growth = this.#growthBytes(sizeOf(batch));
    const storage = growth === 0 ? 0 : storedBytes(batch.bytes);
    // Where there is room, the write takes its place in the queue within the call.
    using _room = this.#memory.reserve(growth) ?? (await this.#memory.makeRoom(growth));
    using _space = this.#storage.reserve(storage) ?? (await this.#storage.makeRoom(storage));
    const { ids, clock } = this.#options;
    let items: readonly UpsertItem[] = [];
    const timing = await this.#write(batch.bytes, (pending) => {
      const maxDocumentCount = this.#maxDocumentCount;
      const nowMs = clock.nowMs();
      const resolved = resolveUpsert(batch, { pending, ids, nowMs, maxDocumentCount, within });
      items = resolved.items;
      return resolved.mutations;
    });
    onCommitted?.(timing);
    return items;
  }

  /**
   * Changes documents that are there, but not their vectors; each is changed or refused on its own.
   *
   * @param patches an error in place of a patch is its refusal, and keeps its position
   * @returns one item for each patch
   * @throws AkiDbError with `atomic`, where any patch is refused, and then none is applied; `quota_exceeded` where there
   *   is no room for the batch
   */
  async patch(
    patches: readonly (DocumentPatch | AkiDbError)[],
    { atomic = false, within }: WriteOptions = {},
  ): Promise<readonly UpsertItem[]> {
    this.#requireInMemory();
    const checked = patches.map((input) => (input instanceof AkiDbError ? input : checkPatch(input)));
    const bytes = patchBytes(checked, this.#state);
    // The documents, their record, and what of it the payload index takes.
    const growth = 3 * bytes;
    const storage = storedBytes(bytes);
    using _room = this.#memory.reserve(growth) ?? (await this.#memory.makeRoom(growth));
    using _space = this.#storage.reserve(storage) ?? (await this.#storage.makeRoom(storage));
    const { clock, metadataBytesMax, declaredFields = [] } = this.#options;
    let items: readonly UpsertItem[] = [];
    await this.#write(bytes, (pending) => {
      const context = { pending, nowMs: clock.nowMs(), metadataBytesMax, declaredFields, within };
      const resolved = resolvePatches({ patches: checked, atomic }, context);
      items = resolved.items;
      return resolved.mutation === undefined ? [] : [resolved.mutation];
    });
    return items;
  }

  /**
   * @param keys ids or external ids
   * @returns for each key whether there was such a document
   * @throws AkiDbError `failed_precondition` where one has another version than `ifVersion`; nothing is deleted then
   */
  async delete(
    keys: readonly string[],
    { ifVersion, within }: { readonly ifVersion?: number; readonly within?: Filter | undefined } = {},
  ): Promise<readonly boolean[]> {
    const violations: FieldViolation[] = [];
    const request = { keys, ifVersion: checkIfVersion(ifVersion, violations), within };
    if (violations.length > 0) throw invalidArguments(violations);
    let found: readonly boolean[] = [];
    await this.#write(keys.length * 64, (pending) => {
      const resolved = resolveDelete(request, pending, this.#options.clock.nowMs());
      found = resolved.found;
      return resolved.mutation === undefined ? [] : [resolved.mutation];
    });
    return found;
  }

  /**
   * @param filter in the language of `parseFilter`
   * @throws AkiDbError `invalid_argument` for the filter; as {@link deleteMatching}
   */
  async deleteMatching(
    { filter, within }: { readonly filter: unknown; readonly within?: Filter | undefined },
    deadline: Deadline,
  ): Promise<number> {
    const wanted = allOf(within, parseFilter(filter)) ?? everything;
    this.#requireInMemory();
    return await deleteMatching(this.#bulkDelete, wanted, deadline);
  }

  /** @throws as {@link deleteKeys} */
  deleteKeys(
    request: { readonly keys: readonly string[]; readonly within?: Filter | undefined },
    deadline: Deadline,
  ): Promise<number> {
    return deleteKeys(this.#bulkDelete, request, deadline);
  }

  /**
   * Deletes documents that have expired, a batch of them; no read shows them anyway.
   *
   * @returns whether there may be more
   */
  async removeExpired(): Promise<boolean> {
    if (this.#inPlace !== undefined || this.#state.expiredRows() === undefined) return false;
    let count = 0;
    await this.#write(expiredBatchMax * 64, (pending) => {
      // What was written again in the group stays.
      const expired = this.#state.expiredDocuments(expiredBatchMax);
      const ids = expired.filter((id) => pending.find(id) === undefined);
      count = ids.length;
      return count === 0 ? [] : [{ kind: "delete", ids, deletedAtMs: this.#options.clock.nowMs() }];
    });
    return count === expiredBatchMax;
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
    const changes = new ChangedDocuments((ended) => void this.#changes.delete(ended));
    this.#changes.add(changes);
    return changes;
  }

  /** Lets writes wait, where another collection is to come in this one's place. */
  holdWrites(): Promise<WriteHold> {
    return this.#gate.hold();
  }

  /** Whether another one has: this one answers whoever has begun to read it, and takes no writes. */
  get isReplaced(): boolean {
    return this.#gate.isReplaced;
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
    if (this.#closing !== undefined) throw unavailable("the collection is closing");
    this.#requireWritable();
    this.#requireCheckpoint();
    try {
      await this.#checkpointer.write();
    } catch (cause) {
      throw unavailable("a checkpoint of the collection could not be written", { cause });
    }
  }

  /**
   * Writes a snapshot of this moment into a directory while writes go on.
   *
   * @throws AkiDbError `unavailable` where it cannot be written; what there is of it is to be removed then
   */
  async writeSnapshot(write: SnapshotWrite): Promise<SnapshotManifest> {
    if (this.#closing !== undefined) throw unavailable("the collection is closing");
    this.#requireWritable();
    this.#requireCheckpoint();
    const { disk, clock, collectionId } = this.#options;
    const { loggedBytes } = this.#wal;
    const writing = writeSnapshot(
      {
        disk,
        clock,
        collectionId,
        shape: shapeOf(this.#options),
        checkpoints: this.#checkpoints,
        checkpointer: this.#checkpointer,
        signal: this.#snapshotAbort.signal,
      },
      write,
    );
    this.#snapshots.add(writing);
    try {
      const manifest = await writing;
      if (write.isPassing !== true) this.#snapshotMark = { lsn: manifest.lsn, loggedBytes };
      return manifest;
    } catch (cause) {
      throw isAkiDbError(cause) ? cause : unavailable("the snapshot could not be written", { cause });
    } finally {
      this.#snapshots.delete(writing);
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

  get #bulkDelete(): BulkDeleteParts {
    return {
      state: () => this.#state,
      write: async (bytes, decide) => {
        await this.#write(bytes, (pending) => {
          const mutation = decide(pending);
          return mutation === undefined ? [] : [mutation];
        });
      },
      clock: this.#options.clock,
    };
  }

  async #close(hasNoFuture: boolean): Promise<void> {
    this.#served.sharing.end();
    await this.#queue.idle();
    this.#served.stopCompacting();
    this.#snapshotAbort.abort(unavailable("the collection is closing"));
    await Promise.allSettled(this.#snapshots);
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

  get #memory(): MemoryBudget {
    return this.#options.memory ?? unlimitedMemory;
  }

  get #storage(): Budget {
    return this.#options.storage ?? unlimited;
  }

  /** All that a batch takes, about, from now on: what stays of it, its copy and its record. */
  #growthBytes({ count, heapBytes, metadataBytes, bytes }: WriteSize): number {
    return count === 0 ? 0 : this.#served.growthBytes(count, metadataBytes) + heapBytes + 2 * bytes;
  }

  #write(bytes: number, decide: PendingWrite["decide"]): Promise<CommitTiming> {
    return new Promise((succeed, fail) => {
      this.#requireInMemory();
      if (this.#closing !== undefined) throw unavailable("the collection is closing");
      this.#requireWritable();
      this.#queue.push({ bytes, decide, succeed, fail });
    });
  }

  #requireInMemory(): void {
    if (this.#inPlace !== undefined) throw new PromotionNeededError("it takes no writes where it is");
  }

  /** One that is searched in place has what its checkpoint has, and cannot write another. */
  #requireCheckpoint(): void {
    if (this.#inPlace === undefined || this.#checkpointer.current !== undefined) return;
    throw new PromotionNeededError("its checkpoint lacks the indexes of metadata");
  }

  #requireWritable(): void {
    this.#gate.requireOpen();
    if (this.#readOnlyReason !== undefined) {
      throw unavailable(`the collection is read-only until the next start: ${this.#readOnlyReason}`);
    }
    const { failure } = this.#wal;
    if (failure === undefined) return;
    const message = `the collection takes no writes until the log goes on: ${failure.reason}`;
    throw unavailable(message, { retryAfterMs: refusedRetryMs });
  }

  /**
   * Decide, log, apply, publish, answer: one group at a time. A refusal may rest on what others of its group write, and so
   * is told when that is there for its caller to read, or is not to come.
   */
  async #commit(group: readonly PendingWrite[]): Promise<void> {
    const pending = new PendingDocuments(this.#state);
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
    const { clock } = this.#options;
    const decidedMs = clock.monotonicMs();
    if (mutations.length === 0) {
      return { decidedMs, admittedMs: decidedMs, loggedMs: decidedMs, appliedMs: decidedMs };
    }
    await this.#documents.makeRoom();
    const admittedMs = clock.monotonicMs();
    const records = this.#prepare(mutations);
    // From here on the group is decided: only the disk can fail.
    try {
      await this.#wal.append(records);
    } catch (cause) {
      throw cause instanceof WalFailure ? refusedByLog(cause) : cause;
    }
    const loggedMs = clock.monotonicMs();
    const firstLsn = this.#wal.lastLsn - mutations.length + 1;
    try {
      this.#served.apply(mutations, firstLsn);
      for (const changes of this.#changes) changes.note(mutations);
    } catch (error) {
      this.#readOnlyReason ??= "a durable write could not be applied";
      throw error;
    }
    const appliedMs = clock.monotonicMs();
    this.#served.compactIfNeeded();
    this.#checkpointer.writeIfDue();
    return { decidedMs, admittedMs, loggedMs, appliedMs };
  }

  /** Takes all the memory that the group needs, so that nothing can run out of it once the group is logged. */
  #prepare(mutations: readonly Mutation[]) {
    return withinMemory(() => {
      this.#state.reserve(mutations);
      return mutations.map(encodeMutation);
    });
  }
}

/** What is written of a batch. */
type WriteSize = Omit<MirroredWrite, "decide">;

function sizeOf({ documents, bytes }: CheckedBatch): WriteSize {
  const written = documents.flatMap(writtenFor);
  let heapBytes = 0;
  let metadataBytes = 0;
  for (const { stringBytes, metadata } of written) {
    heapBytes += emptyDocumentHeapBytes + stringBytes;
    metadataBytes += metadata?.length ?? 0;
  }
  return { count: written.length, heapBytes, metadataBytes, bytes };
}

/** In the log, and again where recovery and reads find it: in a checkpoint, and in the file of documents. */
const storedBytes = (loggedBytes: number): number => 2 * loggedBytes;

function refusedByLog(failure: WalFailure): AkiDbError {
  const outcome = failure.mayReappear
    ? "it is not there, but may be after a restart if the log cannot be written again before"
    : "it is not there";
  const message = `the write could not be made durable, and ${outcome}: ${failure.reason}`;
  return unavailable(message, { retryAfterMs: refusedRetryMs, cause: failure });
}

const shapeOf = ({ dimension, metric, graph }: OpenCollectionOptions): CollectionShape => ({
  dimension,
  metric,
  hnswM: graph.linksMax,
  hnswEfConstruction: graph.efConstruction,
  quantization: graph.quantization,
});
