import { assert, assertNever, type DocumentId } from "@akidb/base";
import type { DamagedFileError } from "../damagedFileError.ts";
import type { DocumentStore } from "../documents/documentStore.ts";
import { Expirations } from "../expiry/expirations.ts";
import type { VectorIndex } from "../index/vectorIndex.ts";
import type { PayloadIndex, PayloadIndexOptions } from "../payload/payloadIndex.ts";
import { PayloadIndexer } from "../payload/payloadIndexer.ts";
import type { RowBitset } from "../payload/rowBitset.ts";
import type { RowTable } from "../rows/rowTable.ts";
import { TrackedRows } from "../rows/trackedRows.ts";
import type { DocumentLookup } from "./documentLookup.ts";
import { Holds } from "./holds.ts";
import type { Mutation, PatchMutation, ResolvedDocument, UpsertMutation } from "./mutation.ts";
import { type PinnedDocuments, RowDocuments } from "./rowDocuments.ts";

/** Learned between two turns of the event loop: about a millisecond. */
const expirationsPerSlice = 1_024;

export interface AppliedStateParts {
  /** Of the dimension. */
  readonly index: VectorIndex;
  readonly rows: RowTable;
  readonly documents: DocumentStore;
  readonly dimension: number;
  readonly nowMs: () => number;
  /** What index and rows have applied. */
  readonly appliedLsn: number;
  readonly payloadOptions: PayloadIndexOptions;
  /** Of all the rows; without one, it is made behind once {@link AppliedState.indexPayload} says so. */
  readonly payloadIndex?: PayloadIndex | undefined;
  /** A document was not what was written. */
  readonly onDamage: (error: DamagedFileError) => void;
}

/** Of the payload index: 1 to 3.5 with fields of all kinds; a short text that no two documents share takes more. */
const payloadBytesPerMetadataByte = 4;

/**
 * What a collection holds: all that was logged, applied. The same code applies new writes and replays. Several states may
 * share one store of documents; index and rows are each state's own.
 */
export class AppliedState implements DocumentLookup {
  readonly index: VectorIndex;
  readonly rows: RowTable;
  /** What documents say in their metadata. */
  readonly payload: PayloadIndexer;
  /** Of the rows that are alive; nobody keeps those from before up to date before {@link AppliedState.loadExpirations}. */
  readonly expirations = new Expirations();
  readonly #store: DocumentStore;
  readonly #documents: RowDocuments;
  /** Whether rows go into the payload index as they are added. */
  #isPayloadIndexed: boolean;
  readonly #dimension: number;
  readonly #nowMs: () => number;
  #appliedLsn: number;
  readonly #holds = new Holds();
  readonly #trackers = new Set<TrackedRows>();

  constructor(parts: AppliedStateParts) {
    const { index, rows, documents, dimension, nowMs, appliedLsn, payloadOptions, payloadIndex, onDamage } =
      parts;
    this.index = index;
    this.rows = rows;
    this.#store = documents;
    this.#documents = new RowDocuments({ store: documents, rows, onDamage });
    this.#dimension = dimension;
    this.#nowMs = nowMs;
    this.#appliedLsn = appliedLsn;
    this.payload = new PayloadIndexer(
      { rowCount: () => this.rows.rowCount, metadataAt: (row) => this.#metadataAt(row) },
      payloadOptions,
      payloadIndex,
    );
    this.#isPayloadIndexed = payloadIndex !== undefined;
  }

  /** Of index and rows; the documents have their own. */
  get appliedLsn(): number {
    return this.#appliedLsn;
  }

  /** Documents that are there and have not expired. */
  get count(): number {
    this.#letExpire();
    return this.rows.count - this.expirations.expiredCount;
  }

  /** Of index, rows, payload index and expiries. */
  get memoryBytes(): number {
    const ofDocuments = this.payload.index.memoryBytes + this.expirations.memoryBytes;
    return this.index.memoryBytes + this.rows.memoryBytes + ofDocuments;
  }

  /** Of documents that were read lately. */
  get cacheBytes(): number {
    return this.#documents.cacheBytes;
  }

  /** Forgets what was read lately: it is in the file. */
  dropCache(): void {
    this.#documents.forgetAll();
  }

  /** Rows whose documents have expired by now, and are not removed yet; undefined where there are none. */
  expiredRows(): RowBitset | undefined {
    this.#letExpire();
    return this.expirations.expiredSet(this.rows.rowCount);
  }

  /** What as many documents more will take, about; `metadataBytes` is all that they say. */
  growthBytes(count: number, metadataBytes: number): number {
    return (
      this.index.growthBytes(count) +
      this.rows.growthBytes(count) +
      Math.ceil(metadataBytes * payloadBytesPerMetadataByte)
    );
  }

  /** What its living rows would take in another state. */
  get copyBytes(): number {
    return Math.ceil(this.memoryBytes * (1 - this.index.deadShare));
  }

  /** From now on the payload index follows the rows: those that are there are read behind, as those that others copy in. */
  indexPayload(): void {
    this.#isPayloadIndexed = true;
    this.payload.catchUp();
  }

  /** @throws AkiDbError `failed_precondition` where the document is not what was written */
  find(id: DocumentId): ResolvedDocument | undefined {
    const row = this.rows.rowOf(id);
    if (row === undefined) return undefined;
    this.#letExpire();
    return this.expirations.hasExpired(row) ? undefined : this.#documents.at(row);
  }

  /**
   * As they are now, those that have expired among them; undefined for what is not there.
   *
   * @throws AkiDbError `failed_precondition` where a document is not what was written
   */
  documentsOf(ids: readonly DocumentId[]): readonly (ResolvedDocument | undefined)[] {
    const present = ids.filter((id) => this.rows.rowOf(id) !== undefined);
    const documents = new Map(this.#documents.many(present).map((document) => [document.id, document]));
    return ids.map((id) => documents.get(id));
  }

  /** @throws AkiDbError `failed_precondition` where a document is not what was written */
  idOfExternalId(externalId: string): DocumentId | undefined {
    const row = this.#rowOfExternalId(externalId);
    if (row === undefined) return undefined;
    this.#letExpire();
    return this.expirations.hasExpired(row) ? undefined : this.rows.idOf(row);
  }

  /** @throws AkiDbError `failed_precondition` where a document is not what was written */
  expiredHolderOf(externalId: string): DocumentId | undefined {
    if (this.expirations.expiredCount === 0) return undefined;
    const row = this.#rowOfExternalId(externalId);
    return row !== undefined && this.expirations.hasExpired(row) ? this.rows.idOf(row) : undefined;
  }

  hasExpired({ expiresAtMs }: ResolvedDocument): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.expirations.advance(this.#nowMs());
  }

  /**
   * The first few documents that have expired and are still there, by what they say themselves: where one says something
   * else, or cannot be read, it is visible from now on.
   */
  expiredDocuments(max: number): readonly DocumentId[] {
    this.#letExpire();
    const ids: DocumentId[] = [];
    for (const row of this.expirations.expiredRows(max)) {
      const id = this.rows.idOf(row);
      const document = this.#documents.tryToRead(id);
      if (document !== undefined && this.hasExpired(document)) ids.push(id);
      else this.expirations.set(row, document?.expiresAtMs);
    }
    return ids;
  }

  /**
   * Learns from the file of documents which of them expire; everything is written there.
   *
   * @throws DamagedFileError
   */
  async loadExpirations(): Promise<void> {
    let count = 0;
    for (const [id, expiresAtMs] of this.#store.expirations()) {
      const row = this.rows.rowOf(id);
      if (row !== undefined) this.expirations.set(row, expiresAtMs);
      if (++count % expirationsPerSlice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** As {@link RowDocuments.writtenIdsAfter} has them. */
  writtenIdsAfter(after: DocumentId | undefined, count: number): readonly DocumentId[] {
    return this.#documents.writtenIdsAfter(after, count);
  }

  /** As {@link DocumentStore.unwrittenIds} has them. */
  unwrittenIds(): IterableIterator<DocumentId> {
    return this.#store.unwrittenIds();
  }

  /** Takes the memory that applying these needs, so that it cannot fail. */
  reserve(mutations: readonly Mutation[]): void {
    const documents = mutations.flatMap((mutation) => ("vectors" in mutation ? mutation.documents : []));
    this.index.reserve(documents.length);
    this.rows.reserve(documents);
  }

  /** Searches see it from the index's next `publish` on. What has been applied before is skipped. */
  apply(mutation: Mutation, lsn: number): void {
    this.#store.apply(mutation, lsn);
    if (lsn <= this.#appliedLsn) {
      this.#documents.forgetAll();
      return;
    }
    switch (mutation.kind) {
      case "upsert":
        this.#upsert(mutation);
        break;
      case "replace":
        this.#removeAll(mutation.ids);
        this.#upsert(mutation);
        break;
      case "patch":
        this.#patch(mutation);
        break;
      case "delete":
        this.#removeAll(mutation.ids);
        break;
      default:
        assertNever(mutation);
    }
    this.#appliedLsn = lsn;
  }

  /**
   * Until it is disposed of, every row that is alive now has its document, as it is now. To be taken with everything
   * published.
   */
  pin(): PinnedDocuments {
    return this.#documents.pin(this.hold());
  }

  /** Rows by their documents as they are now, until it is disposed of. */
  trackRows(): TrackedRows & Disposable {
    const tracked = new TrackedRows(this.rows);
    this.#trackers.add(tracked);
    return Object.assign(tracked, { [Symbol.dispose]: () => void this.#trackers.delete(tracked) });
  }

  /** Until it is disposed of, the vectors stay, and the payload index goes on. */
  hold(): Disposable {
    return this.#holds.take();
  }

  /**
   * Makes rows and documents agree, after a damaged file of documents was replaced: what one of them lacks goes from the
   * other.
   *
   * @returns the number of documents lost
   */
  async dropUnmatched(): Promise<number> {
    let lost = 0;
    for (let row = 0; row < this.rows.rowCount; row++) {
      if (!this.rows.isCurrent(row)) continue;
      const id = this.rows.idOf(row);
      if (this.#documents.tryToRead(id) !== undefined) continue;
      this.#remove(this.rows.remove(id));
      lost += 1;
    }
    this.index.publish();
    await this.#store.removeUnknown((id) => this.rows.rowOf(id) !== undefined);
    return lost;
  }

  /** Frees the vectors once no search reads them any more. */
  async close(): Promise<void> {
    await this.#holds.gone();
    await this.payload.stop();
    await this.index.close();
  }

  #removeAll(ids: readonly DocumentId[]): void {
    for (const id of ids) this.#remove(this.rows.remove(id));
  }

  #upsert({ documents, vectors }: Pick<UpsertMutation, "documents" | "vectors">): void {
    const dimension = this.#dimension;
    assert(vectors.length === documents.length * dimension, "one vector of the dimension for each document");
    this.index.reserve(documents.length);
    for (const [position, document] of documents.entries()) {
      const row = this.index.add(vectors.subarray(position * dimension, (position + 1) * dimension));
      this.#remove(this.rows.put(row, document));
      this.expirations.set(row, document.expiresAtMs);
      if (this.#isPayloadIndexed) this.payload.add(row, document.metadata);
    }
  }

  /** Rows, vectors and external ids are what they were. */
  #patch({ documents, metadataBefore }: PatchMutation): void {
    for (const [position, { id, metadata, expiresAtMs }] of documents.entries()) {
      const row = this.rows.rowOf(id);
      // Not copied yet, where this state is the target of a compaction.
      if (row === undefined) continue;
      this.#documents.forget(row);
      this.payload.replace(row, metadataBefore[position], metadata);
      this.expirations.set(row, expiresAtMs);
    }
  }

  #remove(row: number | undefined): void {
    if (row === undefined) return;
    for (const tracker of this.#trackers) tracker.leave(row);
    this.#documents.forget(row);
    this.index.remove(row);
    this.expirations.remove(row);
  }

  #letExpire(): void {
    if (this.expirations.count > 0) this.expirations.advance(this.#nowMs());
  }

  #rowOfExternalId(externalId: string): number | undefined {
    return this.rows.findExternalId(
      externalId,
      (candidate) => this.#documents.at(candidate).externalId === externalId,
    );
  }

  #metadataAt(row: number): string | undefined {
    return this.rows.isCurrent(row) ? this.#documents.tryToRead(this.rows.idOf(row))?.metadata : undefined;
  }
}
