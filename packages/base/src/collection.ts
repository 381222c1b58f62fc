import type { CallOptions } from "./callOptions.ts";
import type { CollectionInfo } from "./collectionInfo.ts";
import type {
  CountInput,
  DeleteManyInput,
  DeleteManyResult,
  FacetsInput,
  FacetsResult,
  GetManyInput,
  GetManyResult,
  ScrollInput,
  ScrollPage,
  ScrollPageInput,
} from "./contents.ts";
import type { Reembedding } from "./controlPlane/reembeddings.ts";
import type { Document, DocumentInput } from "./document.ts";
import type { JsonObject } from "./json.ts";
import type { DocumentChange, DocumentPatch, PatchedDocument, PatchResult } from "./patch.ts";
import type { Include, QueryBatchItem, QueryInput, QueryResult } from "./query.ts";
import type { RestoreOptions, SnapshotDownload, SnapshotInfo, SnapshotList } from "./snapshot.ts";
import type { CollectionTier, TierAction, TierChangeOptions } from "./tier.ts";
import type { IngestOptions, IngestProgress, UpsertOptions, UpsertResult } from "./upsert.ts";

export interface Collection<Metadata extends object = JsonObject> {
  readonly nameOrId: string;
  /** Its texts embedded anew, by another model. */
  readonly reembedding: Reembedding;
  /**
   * Inserts or replaces whole documents. Resolves when what was written is durable and found by the next query.
   * Each document is written or refused on its own; with `atomic`, all are written or none.
   */
  upsert(
    documents: readonly DocumentInput<Metadata>[],
    options?: UpsertOptions & CallOptions,
  ): Promise<UpsertResult>;
  /**
   * Upserts any number of documents as they come, batch by batch in their order, and tells after each how far it is. A batch is
   * gathered while the one before is written, and no further one is asked for before somebody asks how far it is. Where a
   * batch as a whole, or whoever gives the documents, fails, it ends with that error; what was told of stays written.
   *
   * @param options of each batch
   */
  ingest(
    documents: Iterable<DocumentInput<Metadata>> | AsyncIterable<DocumentInput<Metadata>>,
    options?: IngestOptions & CallOptions,
  ): AsyncGenerator<IngestProgress, void, undefined>;
  /** @param id a document's id or external id; rejects with `not_found` */
  get(
    id: string,
    options?: { readonly include?: readonly Include[] } & CallOptions,
  ): Promise<Document<Metadata>>;
  /**
   * Changes metadata or the expiry of a document without touching its vector.
   *
   * @param id a document's id or external id; rejects with `not_found`
   */
  patch(
    id: string,
    change: DocumentChange<Metadata>,
    options?: { readonly ifVersion?: number } & CallOptions,
  ): Promise<PatchedDocument>;
  /** The same for many. Each is changed or refused on its own; with `atomic`, all are changed or none. */
  patchMany(
    patches: readonly DocumentPatch<Metadata>[],
    options?: UpsertOptions & CallOptions,
  ): Promise<PatchResult>;
  /**
   * @param id a document's id or external id; rejects with `not_found`, or with `failed_precondition` where it does not
   * have the version `ifVersion`
   */
  delete(id: string, options?: { readonly ifVersion?: number } & CallOptions): Promise<void>;
  query(input: QueryInput<Metadata>, options?: CallOptions): Promise<QueryResult<Metadata>>;
  /** Up to 100 queries; each is answered or refused on its own. */
  queryBatch(
    queries: readonly QueryInput<Metadata>[],
    options?: CallOptions,
  ): Promise<readonly QueryBatchItem<Metadata>[]>;
  /**
   * Documents in the order of their ids, all or those that pass a filter, fetched page by page. What is there from the
   * first page to the last comes exactly once, whatever is written meanwhile.
   *
   * @param options of each page
   */
  scroll(
    input?: ScrollInput<Metadata>,
    options?: CallOptions,
  ): AsyncGenerator<Document<Metadata>, void, undefined>;
  /** One page of {@link Collection.scroll}: its cursor stays valid through writes, compactions and restarts. */
  scrollPage(input?: ScrollPageInput<Metadata>, options?: CallOptions): Promise<ScrollPage<Metadata>>;
  /** Of the documents that there are, or of those that pass a filter; exact. */
  count(input?: CountInput<Metadata>, options?: CallOptions): Promise<number>;
  /** How many documents have each value of a field; exact. */
  facets(input: FacetsInput<Metadata>, options?: CallOptions): Promise<FacetsResult>;
  getMany(input: GetManyInput<Metadata>, options?: CallOptions): Promise<GetManyResult<Metadata>>;
  /**
   * Deletes batch by batch, each of them whole or not at all; where it ends early, what was deleted before stays deleted.
   * By a filter, documents that pass at some moment of the call: what is written since is deleted only if it passes, too.
   */
  deleteMany(input: DeleteManyInput<Metadata>, options?: CallOptions): Promise<DeleteManyResult>;
  /**
   * Keeps the collection as it is at some moment of the call, while writes go on. Resolves when the snapshot is ready, or
   * without `wait`, once it is begun; it goes on where the caller does not wait any longer. With `upload` it is ready when
   * it is in the object store, too; the collection's sync policy may bring it there without.
   */
  createSnapshot(
    options?: { readonly wait?: boolean; readonly upload?: boolean } & CallOptions,
  ): Promise<SnapshotInfo>;
  listSnapshots(options?: CallOptions): Promise<SnapshotList>;
  deleteSnapshot(id: string, options?: CallOptions): Promise<void>;
  /**
   * Makes the collection what it was, or with `into`, a new collection of that name. Resolves when it is served; what was
   * written to the collection since the snapshot is gone, other snapshots stay.
   */
  restoreSnapshot(id: string, options?: RestoreOptions & CallOptions): Promise<CollectionInfo>;
  /** The snapshot's documents as a Parquet file. */
  downloadSnapshot(id: string, options?: CallOptions): Promise<SnapshotDownload>;
  /** Where it is kept, and how it is used. */
  getTier(options?: CallOptions): Promise<CollectionTier>;
  /** Moves it to another tier, or keeps it from getting colder by itself. */
  changeTier(action: TierAction, options?: TierChangeOptions & CallOptions): Promise<CollectionTier>;
}
