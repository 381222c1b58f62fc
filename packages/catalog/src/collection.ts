import type {
  CollectionId,
  DatabaseId,
  JsonObject,
  Metric,
  Page,
  PageRequest,
  Quantization,
  SyncPolicy,
  TextLanguage,
  TieringPolicy,
} from "@akidb/base";

/** What the vectors and the graph on disk are built from: decided at creation. */
export interface CollectionShape {
  /** 16..4,096. */
  readonly dimension: number;
  /** Cosine if absent. */
  readonly metric: Metric;
  /** Links of a graph node above the lowest layer, 4..64; 32 if absent. */
  readonly hnswM: number;
  /** Search breadth while building, 8..4,096 and not below `hnswM`; 200 if absent. */
  readonly hnswEfConstruction: number;
  /** `int8` if absent. */
  readonly quantization: Quantization;
}

/** What a caller may change later. */
export interface CollectionAttributes {
  /** 1..128 characters: letters, digits, `_`, `-`, `.`; starts with a letter, digit or `_`; not a UUID. */
  readonly name: string;
  /** 1..255 characters; null for a collection of vectors only, and if absent. */
  readonly embeddingModel: string | null;
  /** Of the model that its texts are embedded with, 1..4,096 characters; null until that is known, and if absent. */
  readonly modelFingerprint: string | null;
  /** Upper limit of documents; 50,000,000 if absent. */
  readonly maxDocumentCount: number;
  /** `memory` if absent. */
  readonly tieringPolicy: TieringPolicy;
  /** 1..3; 1 if absent. */
  readonly replicaFactor: number;
  /** 0..315,360,000; 604,800 (a week) if absent. */
  readonly walRetentionSeconds: number;
  /** `continuous` if absent. */
  readonly syncPolicy: SyncPolicy;
  /** The schema of the payload indexes; empty if absent. */
  readonly payloadIndexes: JsonObject;
  /** Whose word forms the full text knows; `none` if absent. */
  readonly textLanguage: TextLanguage;
}

export interface CollectionRecord extends CollectionShape, CollectionAttributes {
  readonly id: CollectionId;
  readonly databaseId: DatabaseId;
  /** Of its files: another one once its texts were embedded anew. 0 from its creation on. */
  readonly generation: number;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

export type NewCollection = Pick<CollectionRecord, "name" | "dimension"> &
  Partial<CollectionShape & CollectionAttributes> & {
    /** For whoever made files under it already; made if absent. */
    readonly id?: CollectionId;
  };

export interface CollectionRepository {
  /** Rejects with `not_found` for the database, `already_exists` and `invalid_argument`. */
  create(databaseId: DatabaseId, input: NewCollection): Promise<CollectionRecord>;
  /** Rejects with `not_found`. */
  get(id: CollectionId): Promise<CollectionRecord>;
  findByName(databaseId: DatabaseId, name: string): Promise<CollectionRecord | undefined>;
  /** Those of one database, or of all, in order of creation. */
  list(databaseId: DatabaseId | "all", page?: PageRequest): Promise<Page<CollectionRecord>>;
  /** Changes what is given. Rejects with `not_found`, `already_exists` and `invalid_argument`. */
  update(id: CollectionId, changes: Partial<CollectionAttributes>): Promise<CollectionRecord>;
  /** The row alone: documents and files are the engine's. Rejects with `not_found`. */
  delete(id: CollectionId): Promise<void>;
}
