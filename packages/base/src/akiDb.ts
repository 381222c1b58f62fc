import type { Backup, StartBackupOptions } from "./backup.ts";
import type { CallOptions } from "./callOptions.ts";
import type { ApiKeys } from "./controlPlane/apiKeys.ts";
import type { AuditLog } from "./controlPlane/auditLog.ts";
import type { Auth } from "./controlPlane/auth.ts";
import type { Databases } from "./controlPlane/databases.ts";
import type { CircuitBreakerInfo, DeadLetters } from "./controlPlane/deadLetters.ts";
import type { CollectGarbageInput, GarbageCollections, GarbageReport } from "./controlPlane/garbage.ts";
import type { Jobs } from "./controlPlane/jobs.ts";
import type { Models } from "./controlPlane/models.ts";
import type { Policies } from "./controlPlane/policies.ts";
import type { Reembedding } from "./controlPlane/reembeddings.ts";
import type { Tenants } from "./controlPlane/tenants.ts";
import type { Usage, UsageOptions } from "./controlPlane/usage.ts";
import type { Users } from "./controlPlane/users.ts";
import type { ErrorCode, FieldViolation } from "./errors.ts";
import type { FileDamage, Verification } from "./fileDamage.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { MetadataPath } from "./metadataFields.ts";
import type { MetadataPatch } from "./metadataPatch.ts";
import type { Metric } from "./metric.ts";
import type { Page, PageRequest } from "./page.ts";
import type { PayloadFieldType } from "./payloadFieldType.ts";
import type { Quantization } from "./quantization.ts";
import type { Include, QueryBatchItem, QueryInput, QueryResult } from "./query.ts";
import type { SnapshotLocation } from "./snapshotLocation.ts";
import type { SnapshotOrigin } from "./snapshotOrigin.ts";
import type { SyncPolicy } from "./syncPolicy.ts";
import type { TextLanguage } from "./textLanguage.ts";
import type { CollectionTier, Tier, TierAction, TierChangeOptions, TierMetrics } from "./tier.ts";
import type { TieringPolicy } from "./tieringPolicy.ts";

/**
 * The database as a program sees it: `open()` gives it in-process, `connect()` over the network. Every promise rejects
 * with an `AkiDbError` and nothing else.
 */
export interface AkiDb {
  createCollection(input: CreateCollectionInput, options?: CallOptions): Promise<CollectionInfo>;
  /** In order of creation. */
  listCollections(page?: PageRequest, options?: CallOptions): Promise<Page<CollectionInfo>>;
  getCollection(nameOrId: string, options?: CallOptions): Promise<CollectionInfo>;
  /** Changes what is given, while the collection is served. */
  updateCollection(
    nameOrId: string,
    changes: UpdateCollectionInput,
    options?: CallOptions,
  ): Promise<CollectionInfo>;
  /** Deletes its documents and files, too. */
  deleteCollection(nameOrId: string, options?: CallOptions): Promise<void>;
  /** A handle; whether the collection exists shows at the first call. */
  collection<Metadata extends object = JsonObject>(nameOrId: string): Collection<Metadata>;
  /**
   * The same, with another database of the caller's tenant in place of `default`: collections are those of that one. Whether
   * it exists shows at the first call; `close` closes both.
   */
  database(nameOrId: string): AkiDb;
  readonly tenants: Tenants;
  readonly databases: Databases;
  readonly jobs: Jobs;
  /**
   * Begins to read every file of the data directory by its checksums, while everything goes on; it changes nothing.
   * Where one runs already, it is the answer.
   */
  startVerification(options?: CallOptions): Promise<Verification>;
  /** How far it is, or what it found; rejects with `not_found` for any but the latest */
  getVerification(id: string, options?: CallOptions): Promise<Verification>;
  /**
   * Begins to copy the whole server, catalog included, while everything goes on. Where one to the same place runs already,
   * it is the answer; rejects with `failed_precondition` where one to another place does, or no place is configured, and
   * with `permission_denied` for a place that the caller may not name.
   */
  startBackup(options?: StartBackupOptions & CallOptions): Promise<Backup>;
  /** How far it is, or what it made; rejects with `not_found` for any but the latest */
  getBackup(id: string, options?: CallOptions): Promise<Backup>;
  /**
   * Has what failed again and again asked at once: the object store, which else is probed from time to time. For whoever runs the
   * server.
   */
  resetCircuitBreakers(options?: CallOptions): Promise<readonly CircuitBreakerInfo[]>;
  readonly deadLetters: DeadLetters;
  /**
   * Finds what nobody needs, in the data directory and in the object store, and removes it if told so. It goes on where nobody waits
   * for it; what takes long is better {@link GarbageCollections.start begun as a job}. For whoever runs the server.
   */
  collectGarbage(input?: CollectGarbageInput, options?: CallOptions): Promise<GarbageReport>;
  /** The same, for as long as it takes. */
  readonly garbageCollections: GarbageCollections;
  embed(input: EmbedInput, options?: CallOptions): Promise<EmbedResult>;
  readonly models: Models;
  readonly policies: Policies;
  /** What the tenant has of its quotas; of another tenant for whoever runs the server, and `not_found` for anybody else. */
  usage(options?: UsageOptions & CallOptions): Promise<Usage>;
  /** The collections of the database by their tiers. */
  tierMetrics(options?: CallOptions): Promise<TierMetrics>;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly auth: Auth;
  readonly auditLog: AuditLog;
  /** In-process: waits for writes in flight, then lets go of the data directory. */
  close(): Promise<void>;
}

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

export interface RestoreOptions {
  /** Name of a new collection. */
  readonly into?: string;
  /** What came behind the snapshot, too, up to this LSN of the collection's log, which is included. */
  readonly untilLsn?: number;
  /**
   * What came behind the snapshot, too, up to this time, which is included; ISO 8601 with its zone. Not together with
   * `untilLsn`.
   */
  readonly untilTime?: string;
}

export interface SnapshotInfo {
  readonly id: string;
  readonly collectionId: string;
  /**
   * `creating`: not to be restored yet. `failed`: it could not be made, and is forgotten with the next one. `damaged`: a
   * file of it is missing or not what was written.
   */
  readonly state: "creating" | "ready" | "failed" | "damaged";
  readonly stateReason: string | null;
  /** Null where the snapshot is too damaged to tell. */
  readonly origin: SnapshotOrigin | null;
  readonly location: SnapshotLocation;
  /** Share of the documents written, 0..1, while it is created. */
  readonly progress: number | null;
  readonly createdAt: string;
  /** Every write up to this one of the collection's log is in it, and none after. Null until that is decided. */
  readonly lsn: number | null;
  readonly documentCount: number | null;
  /** Of its files; parts that it shares with the collection take no room of their own. */
  readonly sizeBytes: number | null;
}

export interface SnapshotList {
  /** Oldest first; those in creation are among them. */
  readonly items: readonly SnapshotInfo[];
  /**
   * Why the object store could not be asked; null where it was, or the collection keeps nothing there. Those on the machine
   * are listed all the same, as if they were nowhere else.
   */
  readonly objectStoreProblem: string | null;
}

export interface SnapshotDownload {
  readonly sizeBytes: number;
  readonly body: ReadableStream<Uint8Array>;
}

export interface CreateCollectionInput {
  /** 1..128 characters: letters, digits, `_`, `-`, `.`; starts with a letter, digit or `_`; not a UUID. */
  readonly name: string;
  /** 16..4,096; the embedding model's own if absent. */
  readonly dimension?: number;
  /** Cosine if absent. */
  readonly metric?: Metric;
  /** What embeds texts that come without a vector; the server's default model if absent. */
  readonly embeddingModel?: string;
  /** Upper limit of documents; 50,000,000 if absent. */
  readonly maxDocumentCount?: number;
  readonly hnsw?: Partial<HnswOptions>;
  /** How vectors are coded for walking the graph; `int8` if absent. Results are ranked by the full vectors always. */
  readonly quantization?: Quantization;
  /**
   * Types of fields of the metadata, by their paths as filters name them: a document with a value of another type is refused,
   * elements of arrays one by one. Every other field is indexed without being asked. At most 256.
   */
  readonly payloadIndexes?: Readonly<Record<string, PayloadFieldType>>;
  readonly textIndex?: Partial<TextIndexOptions>;
  /** `memory` if absent. */
  readonly tieringPolicy?: TieringPolicy;
  /** `continuous` if absent; of no effect where nothing leaves the machine. */
  readonly syncPolicy?: SyncPolicy;
  /**
   * How long closed files of the log stay on this machine once recovery no longer needs them, 0..315,360,000; the
   * server's `wal.retention_seconds` if absent.
   */
  readonly walRetentionSeconds?: number;
}

/** What is absent stays as it is; what is not here is decided when a collection is created. */
export interface UpdateCollectionInput {
  /** As in {@link CreateCollectionInput}. */
  readonly name?: string;
  /** No document goes where there are more already; none is added until there are fewer. */
  readonly maxDocumentCount?: number;
  /** As in {@link CreateCollectionInput}: what was not copied under the policy before is copied from now on, or not any more. */
  readonly syncPolicy?: SyncPolicy;
  readonly walRetentionSeconds?: number;
}

/** The full text of a collection's documents. */
export interface TextIndexOptions {
  /** Whose word forms are told together: `english` finds "searches" by "searching"; `none` if absent. */
  readonly language: TextLanguage;
}

/** The graph of a collection that has outgrown exact search (Malkov & Yashunin 2018). */
export interface HnswOptions {
  /** M: links of a node, twice as many at the lowest level; 4..64. */
  readonly m: number;
  /** Candidates kept while a node's neighbours are sought; 8..4,096, and not below `m`. */
  readonly efConstruction: number;
}

export interface RecallEstimate {
  /** Mean share of the true nearest that searches of the graph found, 0..1. */
  readonly recall: number;
  /** Searches that this rests on; the latest 100 at most. */
  readonly checks: number;
}

/** The index of one field of the metadata. */
export interface PayloadIndexInfo {
  /** Its path, as filters name it. */
  readonly field: string;
  /** `auto`: indexed without being asked, whatever it holds. */
  readonly type: PayloadFieldType | "auto";
  /** Documents that have the field; those replaced and deleted since count until they are dropped. */
  readonly documentCount: number;
  readonly memoryBytes: number;
  /** What filters on it cannot get from the index alone; null where there is nothing. */
  readonly notice: string | null;
}

export interface CollectionInfo {
  readonly id: string;
  readonly databaseId: string;
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly embeddingModel: string | null;
  /** Of the model that its texts are embedded with, and no other; null until one is, and without a model. */
  readonly modelFingerprint: string | null;
  readonly maxDocumentCount: number;
  readonly hnsw: HnswOptions;
  readonly quantization: Quantization;
  readonly textIndex: TextIndexOptions;
  readonly tieringPolicy: TieringPolicy;
  readonly syncPolicy: SyncPolicy;
  readonly walRetentionSeconds: number;
  readonly documentCount: number;
  /** Documents that searches reach through the graph; the others are looked at one by one. */
  readonly indexedCount: number;
  /** From exact checks of live searches; null while there are none (they are off unless the server turns them on). */
  readonly recallEstimate: RecallEstimate | null;
  /** Declared fields first, then the largest; while the collection is closed or loading, declared ones alone. */
  readonly payloadIndexes: readonly PayloadIndexInfo[];
  /** Why there are fields without an index; null where every field has one. */
  readonly payloadNotice: string | null;
  /** Vectors, indexes and their bookkeeping in memory; 0 while the collection is closed, until somebody uses it. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly tier: Tier;
  /**
   * `loading`: requests wait, and counts are 0 until then. `degraded`: served, and `damages` tells which of its files
   * were found damaged since it was opened; the next opening begins anew. `read_only`: its log could not be written. `damaged`: a file
   * of it failed its checksum; `stateReason` names the file, and everything else is served.
   */
  readonly state: "loading" | "ready" | "degraded" | "read_only" | "damaged";
  readonly stateReason: string | null;
  /** Files that an opening or a read found damaged since the collection was opened. */
  readonly damages: readonly FileDamage[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface DocumentInput<Metadata extends object = JsonObject> {
  /** A UUID; made if absent, or that of the document which has this `externalId`. */
  readonly id?: string;
  /** At most 512 bytes of UTF-8, unique in the collection. */
  readonly externalId?: string;
  /** `dimension` finite components; may be absent where there is a text to embed. */
  readonly vector?: Float32Array | readonly number[];
  readonly text?: string;
  readonly metadata?: Metadata;
  /** The document goes by itself after that time; more than 0, at most 3,155,760,000 (a hundred years). */
  readonly ttlSeconds?: number;
  /** The same as a time, ISO 8601 with its zone. Not together with `ttlSeconds`. */
  readonly expiresAt?: string;
  /** Only if the document has this version now; 0: only if it does not exist. */
  readonly ifVersion?: number;
  /** The text is written in parts, each a document of its own; docs/documents.md. */
  readonly chunking?: Chunking;
}

/** How a text is cut. */
export interface Chunking {
  /** Most characters of a chunk, as UTF-16 counts them: 16 to 100,000. */
  readonly size: number;
  /** Characters that a chunk may repeat of the one before, in whole sentences or words; half the size at most, 0 if absent. */
  readonly overlap?: number;
  /** What is kept whole where it fits; `sentence` if absent. */
  readonly by?: ChunkBoundary;
}

export const chunkBoundaries = ["sentence", "word"] as const;
export type ChunkBoundary = (typeof chunkBoundaries)[number];

/** What is absent stays as it is. */
export interface DocumentChange<Metadata extends object = JsonObject> {
  /** A JSON Merge Patch (RFC 7396): members are replaced, null takes one away; null for all of it takes all. */
  readonly metadata?: MetadataPatch<Metadata> | null;
  /** As in {@link DocumentInput}; null: the document does not expire. */
  readonly ttlSeconds?: number | null;
  readonly expiresAt?: string | null;
}

export interface DocumentPatch<Metadata extends object = JsonObject> extends DocumentChange<Metadata> {
  /** A document's id or external id. */
  readonly id: string;
  /** Only if the document has this version now. */
  readonly ifVersion?: number;
}

export interface PatchedDocument {
  readonly id: string;
  readonly version: number;
}

export interface PatchResult {
  readonly patchedCount: number;
  /** One for each patch, in their order. */
  readonly items: readonly UpsertItem[];
}

export interface UpsertOptions {
  readonly atomic?: boolean;
}

export interface IngestOptions {
  /** 1..10,000; 500 if absent. Large documents end a batch early. */
  readonly batchDocuments?: number;
}

/** Of all batches so far, and what was wrong with the latest. */
export interface IngestProgress {
  readonly upsertedCount: number;
  readonly failedCount: number;
  readonly failures: readonly IngestFailure[];
}

/** A document that was refused, the others not. */
export interface IngestFailure {
  /** Of the document, as it came, from 0 on. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly violations: readonly FieldViolation[];
}

export interface UpsertResult {
  readonly upsertedCount: number;
  /** One for each document, in their order. */
  readonly items: readonly UpsertItem[];
}

export type UpsertItem =
  | {
      readonly ok: true;
      /** Of a document in chunks, the first chunk's, and so its version. */
      readonly id: string;
      readonly version: number;
      /** Of a document in chunks alone. */
      readonly chunkCount?: number;
    }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly violations: readonly FieldViolation[];
    };

export interface Document<Metadata extends object = JsonObject> {
  readonly id: string;
  readonly externalId?: string;
  readonly vector?: Float32Array;
  readonly text?: string;
  readonly metadata?: Metadata;
  readonly insertedAt: string;
  readonly updatedAt: string;
  /** 1 when inserted, one more with every upsert and patch. */
  readonly version: number;
  /** Absent where it does not expire. */
  readonly expiresAt?: string;
}

export interface CountInput<Metadata extends object = JsonObject> {
  /** As in {@link QueryInput}; every document if absent. */
  readonly filter?: Filter<Metadata>;
}

export interface ScrollInput<Metadata extends object = JsonObject> extends CountInput<Metadata> {
  /** Metadata and text if absent. */
  readonly include?: readonly Include[];
  /** Documents of a page, 1..1,000; 100 if absent. */
  readonly limit?: number;
}

export interface ScrollPageInput<Metadata extends object = JsonObject> extends ScrollInput<Metadata> {
  /** From the page before, of the same collection and filter. */
  readonly cursor?: string;
}

export interface ScrollPage<Metadata extends object = JsonObject> {
  /** May be fewer than `limit` on any page: what changed meanwhile is left out, and large documents end a page early. */
  readonly documents: readonly Document<Metadata>[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

export interface FacetsInput<Metadata extends object = JsonObject> extends CountInput<Metadata> {
  /** As in a filter: `author.name`. */
  readonly field: MetadataPath<Metadata>;
  /** Values that come back, 1..1,000; 10 if absent. */
  readonly limit?: number;
}

export interface FacetsResult {
  /** Most frequent first; equally frequent ones in the order of false, true, numbers, strings, null. */
  readonly facets: readonly Facet[];
  /** Different values, those beyond `limit` among them. */
  readonly distinctCount: number;
}

export interface Facet {
  /** An element, where documents have arrays; dates are strings as they were written. */
  readonly value: string | number | boolean | null;
  /** Documents that have the value. */
  readonly count: number;
}

/** Exactly one of `ids` and `filter`. */
export interface GetManyInput<Metadata extends object = JsonObject> {
  /** Ids and external ids, at most 1,000. */
  readonly ids?: readonly string[];
  readonly filter?: Filter<Metadata>;
  /** Metadata and text if absent. */
  readonly include?: readonly Include[];
  /** Of a filter's documents, 1..1,000; 100 if absent. */
  readonly limit?: number;
}

export interface GetManyResult<Metadata extends object = JsonObject> {
  /** In the order of `ids`; by a filter, the first ones in the order of their ids. */
  readonly documents: readonly Document<Metadata>[];
  /** Those of `ids` of which there is no document. */
  readonly missing: readonly string[];
}

/** Exactly one of the three. */
export interface DeleteManyInput<Metadata extends object = JsonObject> {
  /** Ids and external ids, at most 10,000; those of which there is no document are passed over. */
  readonly ids?: readonly string[];
  /** With at least one condition. */
  readonly filter?: Filter<Metadata>;
  /** Every document that there is at the call. */
  readonly all?: boolean;
}

export interface DeleteManyResult {
  readonly deletedCount: number;
}

export interface EmbedInput {
  readonly texts: readonly string[];
  /** The server's default model if absent. */
  readonly model?: string;
  /** The model's own if absent; refused where the model cannot give it. */
  readonly dimension?: number;
}

export interface EmbedResult {
  readonly embeddings: readonly Float32Array[];
  readonly model: string;
  readonly dimension: number;
  readonly usage: { readonly totalTokens: number; readonly durationMs: number };
}
