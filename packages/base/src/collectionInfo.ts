import type { FileDamage } from "./fileDamage.ts";
import type { Metric } from "./metric.ts";
import type { PayloadFieldType } from "./payloadFieldType.ts";
import type { Quantization } from "./quantization.ts";
import type { SyncPolicy } from "./syncPolicy.ts";
import type { TextLanguage } from "./textLanguage.ts";
import type { Tier } from "./tier.ts";
import type { TieringPolicy } from "./tieringPolicy.ts";

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
